// Runs checks: each as soon as those that it depends on are through, all of them within a time. It knows none of them.

import type { Clock } from '../ports/clock.ts'
import { type CheckId, catalogue, checkIds } from './catalogue.ts'
import { type Check, nameOfCheck, type Verdict } from './check.ts'

export type Finding = {
  /** The id, and after a colon what it is about where there may be several. */
  readonly name: string
  readonly id: CheckId
  readonly state: Verdict['state']
  readonly says: string
  readonly why: string
  /** The command that mends it. */
  readonly mend: string
  /** The failed check for which this one was not looked at. */
  readonly because: string | null
}

export type Report = {
  readonly result: 'ok' | 'warn' | 'fail'
  /** The first one is the cause of those that were skipped because of it. */
  readonly failed: readonly string[]
  readonly checks: readonly Finding[]
}

export type Examination = {
  readonly checks: readonly Check[]
  readonly isOffline: boolean
  readonly clock: Pick<Clock, 'after'>
  /** What the capital words of the catalogue stand for. */
  readonly words: Readonly<Record<string, string>>
  /** With a space before each: what commands of Sallyport have to be told to act on the same agent. */
  readonly pathFlags?: string
  /** How long one check may take, what it depends on not counted. */
  readonly checkMs?: number
  /** When everything is over. */
  readonly totalMs?: number
}

const seconds = 1000

/** Never rejects. What the catalogue has and nobody looks at was skipped because of the configuration. */
export async function examine(examination: Examination): Promise<Report> {
  const { checks, clock, totalMs = 25 * seconds } = examination
  const over = new AbortController()
  const stopTimer = clock.after(totalMs, () => over.abort(new Error('there was no time left for it')))
  const found = new Map<string, Promise<Finding>>()
  try {
    for (const check of inOrder(checks)) {
      found.set(nameOfCheck(check.id, check.of), findingOf(check, { ...examination, found, over: over.signal }))
    }
    return reportOf([...(await Promise.all(found.values())), ...missing(checks, examination)])
  } finally {
    stopTimer()
    over.abort()
  }
}

type Examining = Examination & {
  readonly found: ReadonlyMap<string, Promise<Finding>>
  readonly over: AbortSignal
}

async function findingOf(check: Check, examining: Examining): Promise<Finding> {
  const { id, of, after = [] } = check
  if (examining.isOffline && !catalogue[id].isOffline) {
    return findingWith(
      check,
      { state: 'skipped', says: 'it needs the network, and --offline was asked for' },
      examining,
    )
  }
  for (const name of after) {
    const before = await examining.found.get(name)
    if (before === undefined) throw new TypeError(`${nameOfCheck(id, of)}: there is no check ${name} before it`)
    const because = before.state === 'fail' ? before.name : before.because
    if (because !== null) return skippedBecause(check, because, examining)
  }
  return findingWith(check, await verdictOf(check, examining), examining)
}

async function verdictOf({ look }: Check, { clock, over, checkMs = 9 * seconds }: Examining): Promise<Verdict> {
  const late = new AbortController()
  const stopTimer = clock.after(checkMs, () =>
    late.abort(new Error(`nothing came of it within ${checkMs / seconds} s`)),
  )
  const signal = AbortSignal.any([late.signal, over])
  const { promise: ended, reject } = Promise.withResolvers<never>()
  const end = () => reject(signal.reason)
  signal.addEventListener('abort', end, { once: true })
  try {
    signal.throwIfAborted()
    return await Promise.race([look(signal), ended])
  } catch (error) {
    return { state: 'fail', says: error instanceof Error ? error.message : 'it failed' }
  } finally {
    signal.removeEventListener('abort', end)
    stopTimer()
    // What is still under way for it is given up.
    late.abort()
  }
}

type Worded = Pick<Examination, 'words' | 'pathFlags'>

function findingWith(
  { id, of }: Pick<Check, 'id' | 'of'>,
  verdict: Verdict,
  { words, pathFlags = '' }: Worded,
): Finding {
  const { why, mend } = catalogue[id]
  const known = of === undefined ? words : { ...words, NAME: of }
  return {
    ...{ name: nameOfCheck(id, of), id, state: verdict.state, says: oneLine(verdict.says), why },
    mend: oneLine(withFlags(filled(verdict.mend ?? mend, known), pathFlags)),
    because: null,
  }
}

/** Each command of a line that is one of the agent's. */
function withFlags(line: string, flags: string): string {
  const commands = line.split(' && ')
  return commands.map((one) => (/^(sudo )?sallyport [a-z]/.test(one) ? `${one}${flags}` : one)).join(' && ')
}

function filled(mend: string, words: Examination['words']): string {
  return mend.replaceAll(/\b[A-Z]{4,}\b/g, (word) => words[word] ?? word)
}

/** Some of it was said by whoever answers there, and it goes to a terminal, a line each. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
}

function skippedBecause(check: Pick<Check, 'id' | 'of'>, because: string, worded: Worded): Finding {
  return { ...findingWith(check, { state: 'skipped', says: `${because} failed` }, worded), because }
}

function missing(checks: readonly Check[], worded: Worded): readonly Finding[] {
  const known = new Set(checks.map(({ id }) => id))
  return checkIds.filter((id) => !known.has(id)).map((id) => skippedBecause({ id }, 'config.valid', worded))
}

function inOrder(checks: readonly Check[]): readonly Check[] {
  return checks.toSorted((one, other) => placeOf(one.id) - placeOf(other.id))
}

function reportOf(findings: readonly Finding[]): Report {
  const checks = findings.toSorted((one, other) => placeOf(one.id) - placeOf(other.id))
  const failed = checks.filter(({ state }) => state === 'fail').map(({ name }) => name)
  const isWarned = checks.some(({ state }) => state === 'warn')
  return { result: failed.length > 0 ? 'fail' : isWarned ? 'warn' : 'ok', failed, checks }
}

function placeOf(id: CheckId): number {
  return checkIds.indexOf(id)
}
