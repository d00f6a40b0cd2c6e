// JumpCloud changed nothing that no run had asked for, and was asked for nothing twice; but by who took a write over from a replica
// that was lost, after somebody else had taken its change back.

import type { Effect, Evidence, KeptRun } from '../evidence.ts'

export function checkEffects({ effects, runs, told }: Evidence): readonly string[] {
  const asked = new Map(runs.flatMap((run) => targetsOf(run).map((target) => [keyOf(target), run] as const)))
  const askedAtMs = new Map(told.flatMap(({ runs, askedAtMs }) => runs.map((run) => [run, askedAtMs] as const)))
  const ours = effects.filter(({ ours }) => ours)
  return [...Map.groupBy(ours, keyOf)].flatMap(([key, requests]) => {
    const run = asked.get(key)
    if (run === undefined) return [`JumpCloud was asked to ${key}, and no run asks for that`]
    const isEarly = requests.some(({ atMs }) => atMs < (askedAtMs.get(run.id) ?? 0))
    return [
      ...(isEarly ? [`JumpCloud was asked to ${key} before run ${run.id} was`] : []),
      ...(requests.length > mostRequests(run, undoneOf(effects, requests)) ? [twice(key, requests, run)] : []),
    ]
  })
}

/** A request that finds its change made already is one too many, so each but the first needs one that was taken back. */
function mostRequests({ attempt, doubtful }: KeptRun, undoneCount: number): number {
  return doubtful ? Math.min(attempt, 1 + undoneCount) : 1
}

function undoneOf(effects: readonly Effect[], [request]: readonly Effect[]): number {
  return effects.filter(
    ({ ours, groupId, userId }) => !ours && groupId === request?.groupId && userId === request.userId,
  ).length
}

function twice(key: string, { length }: readonly Effect[], { id }: KeptRun): string {
  return `JumpCloud was asked to ${key} ${length} times, for run ${id}`
}

export type Target = Pick<Effect, 'op' | 'groupId' | 'userId'>

export function keyOf({ op, groupId, userId }: Target): string {
  return `${op} ${userId} in ${groupId}`
}

/** What a run asks to be changed; nothing for a read. */
export function targetsOf({ job, params }: Pick<KeptRun, 'job' | 'params'>): readonly Target[] {
  const op = job === 'groups.members.add' ? 'add' : job === 'groups.members.remove' ? 'remove' : undefined
  if (op === undefined || !Array.isArray(params.userIds)) return []
  return params.userIds.map((userId) => ({ op, groupId: String(params.groupId), userId: String(userId) }))
}
