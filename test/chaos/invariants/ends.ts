// Every run that was asked for is known to the control plane, once, and has come to an end that can happen here.

import { isFinal } from '../../../control-plane/runs/step.ts'
import type { Evidence, KeptRun } from '../evidence.ts'

export function checkEnds({ told, runs }: Evidence): readonly string[] {
  const byId = new Map(runs.map((run) => [run.id, run]))
  const ofVendor = told.flatMap(({ submission, runs: ids }) => {
    const number = submission.number
    const lost = ids
      .filter((id) => !byId.has(id))
      .map((id) => `submission ${number}: its run ${id} is not in the store`)
    const different = new Set(ids).size > 1 ? [`submission ${number}: one key became the runs ${ids.join(', ')}`] : []
    const never = submission.keyed && ids.length === 0 ? [`submission ${number}: never answered`] : []
    return [...lost, ...different, ...never]
  })
  return [...ofVendor, ...runs.flatMap(endOf)]
}

/** What a fault of the network, of a host or of JumpCloud may come to. Anything else would be a defect of the product. */
const possible: Readonly<Record<string, ReadonlySet<string>>> = {
  failed: new Set([
    'attempt_lost',
    'credential_rejected',
    'outcome_unknown',
    'rate_limited',
    'jumpcloud_unavailable',
    'jumpcloud_timeout',
    'jumpcloud_unreachable',
    'listing_unstable',
  ]),
  refused: new Set(),
  cancelled: new Set(['cancelled']),
  expired: new Set(['run_expired']),
}

function endOf({ id, job, state, error, effect, outcome, cancelAskedAt }: KeptRun): readonly string[] {
  const run = `${job} ${id}`
  if (!isFinal(state)) return [`${run} is ${state} for ever`]
  if (state === 'done') return error === null ? [] : [`${run} is done, with the error ${error.code}`]
  const wrong: string[] = []
  if (possible[state]?.has(error?.code ?? 'none') !== true)
    wrong.push(`${run} ${state}: ${error?.code} ${error?.message}`)
  if (state === 'cancelled' && cancelAskedAt === null) wrong.push(`${run} was cancelled, and nobody asked for that`)
  if (state === 'failed' && effect === 'write' && outcome === null) wrong.push(`${run} failed without an outcome`)
  return wrong
}
