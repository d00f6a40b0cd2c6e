// The report of doctor in lines for people, which programs can read as well.

import type { Finding, Report } from './examine.ts'

export type Telling = {
  /** Why it matters and what to do, also of what is well. */
  readonly isExplained: boolean
}

const words: Readonly<Record<Finding['state'], string>> = { ok: 'ok', warn: 'WARN', fail: 'FAIL', skipped: 'skipped' }

/** The last two lines begin with `RESULT` and `FAILED_CHECKS`. */
export function reportLines({ result, failed, checks }: Report, { isExplained }: Telling): readonly string[] {
  const width = Math.max(...checks.map(({ name }) => name.length))
  const lines = checks.flatMap((finding) => {
    const { name, state, says, why, mend } = finding
    const first = `${words[state].padEnd(7)}  ${name.padEnd(width)}  ${says}`
    const isTold = isExplained || state === 'warn' || state === 'fail'
    return isTold ? [first, `${' '.repeat(9)}why: ${why}`, `${' '.repeat(9)}do:  ${mend}`] : [first]
  })
  return [...lines, `RESULT ${result}`, ['FAILED_CHECKS', ...failed].join(' ')]
}
