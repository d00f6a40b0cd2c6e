// What a run says that it changed is what JumpCloud did. `unknown` may be anything; every other outcome is held to its word.

import type { Effect, Evidence, KeptRun } from '../evidence.ts'
import { keyOf, type Target, targetsOf } from './effects.ts'

export function checkOutcomes(evidence: Evidence): readonly string[] {
  // Of what was done again after somebody took it back, the first time counts.
  const done = evidence.effects.filter(({ applied, ours }) => applied && ours).toReversed()
  const applied = new Map(done.map((effect) => [keyOf(effect), effect]))
  return evidence.runs
    .filter(({ effect }) => effect === 'write')
    .flatMap((run) => {
      const judged = { run, applied, evidence }
      return run.state === 'done' ? checkRows(judged) : checkUntouched(judged)
    })
}

type Judged = {
  readonly run: KeptRun
  readonly applied: ReadonlyMap<string, Effect>
  readonly evidence: Evidence
}

/** Of a run without rows: only `unknown` leaves open what happened. */
function checkUntouched({ run, applied }: Judged): readonly string[] {
  if (run.outcome === 'unknown') return []
  if (run.outcome !== null && run.outcome !== 'not_applied')
    return [`${nameOf(run)} ${run.state}, and says ${run.outcome}`]
  const hit = targetsOf(run).filter((target) => applied.has(keyOf(target)))
  return hit.map((target) => `${nameOf(run)} ${run.state} (${run.error?.code}), but JumpCloud did ${keyOf(target)}`)
}

function checkRows(judged: Judged): readonly string[] {
  const { run } = judged
  const rows = rowsOf(run)
  const targets = targetsOf(run)
  const said = rows.map(({ userId }) => userId).sort()
  const asked = targets.map(({ userId }) => userId).sort()
  const wrong = said.join() === asked.join() ? [] : [`${nameOf(run)} has rows for ${said}, and was asked for ${asked}`]
  const outcomes = rows.map(({ outcome }) => outcome)
  const worst = ['unknown', 'not_applied', 'applied', 'already'].find((outcome) => outcomes.includes(outcome))
  if (run.outcome !== worst) wrong.push(`${nameOf(run)} says ${run.outcome}, and its worst row ${worst}`)
  const untrue = targets.flatMap((target) => {
    const outcome = rows.find(({ userId }) => userId === target.userId)?.outcome
    const why = untruth(judged, target, outcome)
    return why === undefined ? [] : [`${nameOf(run)} says ${outcome} of ${keyOf(target)}, but ${why}`]
  })
  return [...wrong, ...untrue]
}

function untruth({ run, applied, evidence }: Judged, target: Target, outcome: string | undefined): string | undefined {
  const effect = applied.get(keyOf(target))
  switch (outcome) {
    case 'applied':
      if (effect === undefined) return 'JumpCloud never did'
      return effect.atMs > (run.finalAtMs ?? Number.POSITIVE_INFINITY) ? `JumpCloud did it later` : undefined
    case 'not_applied':
      return effect === undefined ? undefined : 'JumpCloud did it'
    case 'already': {
      // Where an earlier attempt did it, nothing had to change any more.
      const isMember = evidence.directory.isMemberAtFirst(target.userId) !== (effect !== undefined)
      return isMember === (target.op === 'add') ? undefined : 'it was not so'
    }
    case 'unknown':
      return undefined
    default:
      return 'that is no outcome'
  }
}

/** Of the last attempt of a write. */
export function rowsOf({ pages }: Pick<KeptRun, 'pages'>): readonly SaidRow[] {
  const rows: unknown[] = (pages.at(-1) ?? []).flatMap((page) => JSON.parse(page.rows))
  return rows.map(Object).map(({ userId, outcome, reason }) => ({
    userId: String(userId),
    outcome: String(outcome),
    isAnswerLost: reason === 'unanswered',
  }))
}

type SaidRow = { readonly userId: string; readonly outcome: string; readonly isAnswerLost: boolean }

function nameOf({ job, id }: KeptRun): string {
  return `${job} ${id}`
}
