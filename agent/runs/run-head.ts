// What is held of a run beside its text: everything but its params. As values they can be thirty times as large as the text
// that they came in, and a thousand runs may be held.

import { type RunText, runText } from '@sallyport/protocol'

export type RunHead = Omit<RunText, 'params'>

/** Undefined where the text is not that of a run. */
export function readRunHead(text: string): RunHead | undefined {
  const run = runText.safeParse(parseJson(text)).data
  if (run === undefined) return undefined
  const { params: _, ...head } = run
  return head
}

/** As they came, unchecked; undefined where there are none. */
export function paramsIn(text: string): unknown {
  return runText.safeParse(parseJson(text)).data?.params
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
