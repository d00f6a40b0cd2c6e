// JumpCloud changed nothing that no run had asked for, and was asked for nothing twice.

import type { Effect, Evidence, KeptRun } from '../evidence.ts'

export function checkEffects({ effects, runs, told }: Evidence): readonly string[] {
  const asked = new Map(runs.flatMap((run) => targetsOf(run).map((target) => [keyOf(target), run] as const)))
  const askedAtMs = new Map(told.flatMap(({ runs, askedAtMs }) => runs.map((run) => [run, askedAtMs] as const)))
  const seen = new Map<string, number>()
  return effects.flatMap((effect) => {
    const key = keyOf(effect)
    const run = asked.get(key)
    const count = (seen.get(key) ?? 0) + 1
    seen.set(key, count)
    if (run === undefined) return [`JumpCloud was asked to ${key}, and no run asks for that`]
    const early =
      effect.atMs < (askedAtMs.get(run.id) ?? 0) ? [`JumpCloud was asked to ${key} before run ${run.id} was`] : []
    const again = count > 1 ? [`JumpCloud was asked to ${key} ${count} times, for run ${run.id}`] : []
    return [...early, ...again]
  })
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
