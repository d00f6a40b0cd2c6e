// A run comes to what it was asked for, unless the record has the reason why not: an unknown outcome, a failure, what was not done
// or came too late. In a calm world there is no reason, so a product that never knows anything is found out.

import type { Evidence, KeptRun } from '../evidence.ts'
import type { Trouble, TroubleKind } from '../trouble.ts'
import { targetsOf } from './effects.ts'
import { rowsOf } from './outcomes.ts'

const seconds = 1000

/** A pause that JumpCloud asked for, or an earlier run that takes its time, holds up what comes later. */
const heldUpMs = 65 * seconds

export function checkExcuses(evidence: Evidence): readonly string[] {
  return evidence.runs.flatMap((run) => checkRun(caseOf(evidence, run)))
}

type Case = {
  readonly run: KeptRun
  readonly evidence: Evidence
  /** Who ever had it, by name. */
  readonly holders: ReadonlySet<string>
  readonly fromMs: number
  readonly untilMs: number
}

function caseOf(evidence: Evidence, run: KeptRun): Case {
  const told = evidence.told.find(({ runs }) => runs.includes(run.id))
  const had = evidence.logged.filter(({ event, fields }) => hadEvents.has(event) && fields.run === run.id)
  return {
    ...{ run, evidence, holders: new Set(had.map(({ host }) => host)) },
    fromMs: told?.askedAtMs ?? 0,
    untilMs: run.finalAtMs ?? Number.POSITIVE_INFINITY,
  }
}

const hadEvents: ReadonlySet<string> = new Set(['run.accepted', 'run.recovered'])

/** Where an end that says that somebody was lost has its reason. */
const losses: readonly TroubleKind[] = ['replica', 'plane', 'link to the plane']
const failures: readonly TroubleKind[] = ['request', 'JumpCloud', 'link to JumpCloud', 'replica']

function checkRun(one: Case): readonly string[] {
  const { state, error, job, id } = one.run
  const name = `${job} ${id}`
  switch (state) {
    case 'done':
      return rowsOf(one.run).flatMap(({ userId, outcome }) => checkRow(one, userId, outcome))
    case 'failed': {
      const isLoss = error?.code === 'attempt_lost' || error?.code === 'outcome_unknown'
      return troublesFor(one, isLoss ? losses : failures).length > 0
        ? []
        : [`${name} failed (${error?.code}: ${error?.message}), and nothing in the record explains it`]
    }
    case 'expired':
      return troublesFor(one, [...losses, ...failures], heldUpMs).length > 0
        ? []
        : [`${name} expired, and nothing in the record explains it`]
    default:
      return []
  }
}

function checkRow(one: Case, userId: string, outcome: string): readonly string[] {
  const { job, id, cancelAskedAt } = one.run
  const unexplained = [`${job} ${id} says ${outcome} of ${userId}, and nothing in the record explains it`]
  switch (outcome) {
    case 'unknown':
      return mayBeUnknown(one, userId) ? [] : unexplained
    case 'not_applied':
      return cancelAskedAt !== null || troublesFor(one, [...losses, ...failures], heldUpMs).length > 0
        ? []
        : unexplained
    default:
      return []
  }
}

/** Its very change, or the looking for it, was not answered; or who had it was lost, or went; or somebody took the change back. */
function mayBeUnknown(one: Case, userId: string): boolean {
  const { run, evidence } = one
  if (run.doubtful) return troublesFor(one, losses).length > 0
  const target = targetsOf(run).find((target) => target.userId === userId)
  if (target === undefined) return false
  const { groupId } = target
  const isUndone = evidence.effects.some(
    (effect) => !effect.ours && effect.groupId === groupId && effect.userId === userId,
  )
  const requests = troublesFor(one, ['request']).filter(({ path }) => path?.includes(userId) || path?.includes(groupId))
  return isUndone || requests.length > 0 || troublesFor(one, ['link to JumpCloud', 'replica']).length > 0
}

/** Those of who had the run, while it went on; of anybody where nobody is known to have had it. */
function troublesFor(one: Case, kinds: readonly TroubleKind[], beforeMs = 0): readonly Trouble[] {
  const { evidence, holders, fromMs, untilMs } = one
  return evidence.troubles.filter(({ of, replica, ...span }) => {
    const isNear = replica === undefined || holders.size === 0 || holders.has(replica)
    return kinds.includes(of) && isNear && span.fromMs <= untilMs && span.untilMs >= fromMs - beforeMs
  })
}
