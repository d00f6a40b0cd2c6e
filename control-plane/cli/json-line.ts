// What programs are told: one JSON object a line. It may end on a terminal all the same, with what an agent or a directory wrote.

import { visibleJson } from '@sallyport/protocol/visible-json'

export function jsonLine(value: unknown): string {
  return `${visibleJson(JSON.stringify(value))}\n`
}
