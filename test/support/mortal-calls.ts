// Each call of JumpCloud as two points: before its first byte leaves the process, and after JumpCloud has carried it out, before the
// agent knows. Undici tells of both on a channel of Node; it is the agent's only HTTP client.

import { subscribe } from 'node:diagnostics_channel'
import { type At, countPoints, type Passing } from './passed-points.ts'

type Told = { readonly request: { readonly method: string; readonly path: string } }

/** For the rest of the process, so for one that runs an agent and nothing else. */
export function passCalls(passing: Passing): void {
  const at: At = countPoints(passing)
  // As undici documents what it publishes.
  const point = (when: 'before' | 'after') => (told: unknown) => at(when, nameOf(told as Told))
  subscribe('undici:client:sendHeaders', point('before'))
  subscribe('undici:request:headers', point('after'))
}

/** Groups are one for each world, and pages are asked for in any order. */
function nameOf({ request: { method, path } }: Told): string {
  const { pathname, searchParams } = new URL(path, 'http://jumpcloud')
  const skip = searchParams.get('skip')
  const call = `calling ${method} ${pathname.replace(/(usergroups)\/\w+/, '$1/GROUP')}`
  return skip === null ? call : `${call} from ${skip}`
}
