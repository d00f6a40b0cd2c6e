// How long the ids of runs that are over are kept, and how many. Whether an id is known, the reads of runs say.

import type { Prepare } from './statement.ts'

export type UsedLimits = {
  readonly writeMs: number
  readonly readMs: number
  /**
   * Of both together. Past it the oldest go, those of reads first, and last those that the customer approved: of them alone a plane
   * cannot make more, to have an approval that was used forgotten.
   */
  readonly count: number
}

const days = 24 * 60 * 60 * 1000

export const usedLimits: UsedLimits = { writeMs: 90 * days, readMs: 7 * days, count: 1_000_000 }

export type UsedIds = {
  /** Drops what is too old, then what is too many; returns how many the bound took. */
  prune(now: number): number
}

export function createUsedIds(prepare: Prepare, limits: UsedLimits): UsedIds {
  const dropOld = prepare('DELETE FROM runs WHERE approved IN (0, 1) AND effect = :effect AND forgottenAt <= :until')
  const count = prepare<{ readonly count: number }>('SELECT count(*) AS count FROM runs WHERE forgottenAt IS NOT NULL')
  const dropMany = prepare(`
    DELETE FROM runs WHERE id IN
      (SELECT id FROM runs WHERE forgottenAt IS NOT NULL ORDER BY approved, effect, forgottenAt, rowid LIMIT :surplus)`)
  return {
    prune: (now) => {
      dropOld.run({ effect: 'write', until: now - limits.writeMs })
      dropOld.run({ effect: 'read', until: now - limits.readMs })
      const surplus = (count.get()?.count ?? 0) - limits.count
      return surplus > 0 ? dropMany.run({ surplus }) : 0
    },
  }
}
