// How much writes may change: the caps of the policy file, and whether a change keeps within them. Counting is the journal's.

import { z } from 'zod'
import type { CountedChange } from '../journal/counted-changes.ts'

const cap = z.int('a cap is a whole number').min(0, 'a cap is at least 0')
const share = z
  .number('a share is a number from 0 to 1, without a zero at its end: 0.1')
  .min(0, 'a share is at least 0')
  .max(1, 'a share is at most 1: 0.1 is a tenth')

export const policyCaps = z.strictObject({
  addsPerRun: cap.optional().describe('members that one run may add'),
  addsPerHour: cap.optional().describe('members that all runs of the last hour may add'),
  removesPerRun: cap.optional().describe('members that one run may remove'),
  removesPerHour: cap.optional().describe('members that all runs of the last hour may remove'),
  removeShare: share
    .optional()
    .describe('the part of a group that all runs of the last hour may remove from it, rounded down to whole members'),
})
export type PolicyCaps = z.infer<typeof policyCaps>

export type MemberChange = {
  readonly members: 'add' | 'remove'
  /** Of members, in each of the groups. */
  readonly count: number
  readonly groups: readonly string[]
}

/** A refusal without the place of its connection. */
export type Excess = { readonly rule: string; readonly message: string }

/** `isUnderWay`: when the change that is judged was counted, it was not known yet what became of this one. */
export type EarlierChange = CountedChange & { readonly isUnderWay?: boolean }

/** What was counted, and what else the caps of an hour go by. */
export type Tally = {
  readonly now: number
  /** Of this connection, in the order in which it was counted, without the change that is judged. */
  readonly counted: readonly EarlierChange[]
  /** Each enforces its part of what is allowed in an hour. */
  readonly replicas: number
}

export const hourMs = 60 * 60 * 1000

/** Undefined where the change keeps within the caps of one run. */
export function overRunCap(caps: PolicyCaps, { members, count, groups }: MemberChange): Excess | undefined {
  const { name, limit } = capOf(caps, members, 'Run')
  const asked = count * groups.length
  if (limit === undefined || asked <= limit) return undefined
  return { rule: `caps.${name}`, message: `it would ${members} ${asked} members, and one run may ${members} ${limit}` }
}

/** Undefined where it does so together with what was changed within the last hour. */
export function overHourCap(caps: PolicyCaps, change: MemberChange, tally: Tally): Excess | undefined {
  const { members, count, groups } = change
  const { name, limit } = capOf(caps, members, 'Hour')
  if (limit === undefined) return undefined
  const mine = tally.counted.filter((one) => one.members === members)
  return over({ rule: `caps.${name}`, what: members, count: count * groups.length, limit }, mine, tally)
}

/**
 * Undefined where it leaves each group enough of its members. A group is taken to have been as large an hour ago as it is
 * without what was changed since, so that nobody makes room by adding members first. Who is still being removed may be among its
 * members yet, and is not taken to have been one more.
 */
export function overShare(
  { removeShare }: PolicyCaps,
  { members, count, groups }: MemberChange,
  { sizes, ...tally }: Tally & { readonly sizes: ReadonlyMap<string, number> },
): Excess | undefined {
  if (removeShare === undefined || members === 'add') return undefined
  for (const group of groups) {
    const here = recent(tally).filter((one) => one.group === group)
    const removed = here.filter((one) => one.members === 'remove')
    const gone = removed.filter(({ isUnderWay }) => isUnderWay !== true)
    const size = (sizes.get(group) ?? 0) + sum(gone) - sum(here.filter((one) => one.members === 'add'))
    const limit = Math.floor(removeShare * Math.max(0, size))
    const excess = over({ rule: 'caps.removeShare', what: `remove from group ${group}`, count, limit }, removed, tally)
    if (excess !== undefined) return excess
  }
  return undefined
}

type Asked = { readonly rule: string; readonly what: string; readonly count: number; readonly limit: number }

function over({ rule, what, count, limit }: Asked, mine: readonly EarlierChange[], tally: Tally): Excess | undefined {
  const part = Math.floor(limit / tally.replicas)
  const within = recent({ ...tally, counted: mine })
  const used = sum(within)
  if (used + count <= part) return undefined
  const ofAll = tally.replicas === 1 ? '' : `, the part of one of ${tally.replicas} replicas`
  const told = `it would ${what}: ${count}, after ${used} within an hour; the limit is ${part}${ofAll}`
  return { rule, message: `${told}; ${roomAgain(within, used + count - part)}` }
}

/** When so many will be longer ago than an hour. */
function roomAgain(within: readonly CountedChange[], excess: number): string {
  let freed = 0
  for (const { at, count } of within.toSorted((one, other) => one.at - other.at)) {
    freed += count
    if (freed >= excess) return `there is room again at ${new Date(at + hourMs).toISOString()}`
  }
  return 'there is never room for so many at once'
}

function recent({ counted, now }: Pick<Tally, 'counted' | 'now'>): readonly EarlierChange[] {
  return counted.filter(({ at }) => at > now - hourMs)
}

function sum(changes: readonly CountedChange[]): number {
  return changes.reduce((total, { count }) => total + count, 0)
}

function capOf(caps: PolicyCaps, members: 'add' | 'remove', per: 'Run' | 'Hour') {
  const name = `${members}sPer${per}` as const
  return { name, limit: caps[name] }
}
