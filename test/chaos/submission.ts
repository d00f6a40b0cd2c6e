// What a vendor asks for. Of each user in each group one run alone asks for a change, so that every effect tells which run it
// is of.

import type { Draw } from '../support/jumpcloud/random.ts'

export type Submission = {
  /** Its place among those of the schedule, from 0. */
  readonly number: number
  readonly ask: Ask
  readonly ttlMs: number
  /** With an Idempotency-Key the vendor asks until it is answered; without one, once. */
  readonly keyed: boolean
  /** With a key: the same request is made twice at once. */
  readonly twice: boolean
  /** How the vendor reads the stream: it goes away after so many rows, each time, and comes back. */
  readonly leavesAfter: readonly number[]
}

/** What a vendor does. */
export type Asked =
  | { readonly what: 'submit'; readonly submission: Submission }
  | { readonly what: 'cancel'; readonly number: number }

export type Ask =
  | { readonly job: 'groups.list' | 'users.list' }
  | { readonly job: 'groups.get' | 'groups.members.list'; readonly group: number }
  | Change

export type Change = {
  readonly job: 'groups.members.add' | 'groups.members.remove'
  /** Places in the directory of the world. */
  readonly group: number
  readonly users: readonly number[]
}

type Read = Exclude<Ask['job'], Change['job']>

export type Size = { readonly userCount: number; readonly groupCount: number }

const seconds = 1000

/** In every group of a world, the users at even places are members at first, and those at odd places are not. */
export function isMemberAtFirst(user: number): boolean {
  return user % 2 === 0
}

export function drawSubmissions(draw: Draw, size: Size): readonly Submission[] {
  const deal = createDeal(draw, size)
  return Array.from({ length: 8 + draw.integer(14) }, (_, number) => {
    const keyed = draw.chance(0.8)
    return {
      number,
      ask: drawAsk(draw, size, deal),
      ttlMs: draw.pick([15, 40, 90, 180]) * seconds,
      keyed,
      twice: keyed && draw.chance(0.2),
      leavesAfter: Array.from({ length: draw.integer(4) }, () => draw.integer(300)),
    }
  })
}

function drawAsk(draw: Draw, { groupCount }: Size, deal: Deal): Ask {
  const group = draw.integer(groupCount)
  if (draw.chance(0.5)) {
    const job = draw.pick<Change['job']>(['groups.members.add', 'groups.members.remove'])
    return { job, group, users: deal(group, job, draw.pick([1, 1, 2, 5, 12])) }
  }
  const job = draw.pick<Read>(['groups.get', 'groups.list', 'users.list', 'users.list', 'groups.members.list'])
  return job === 'groups.get' || job === 'groups.members.list' ? { job, group } : { job }
}

type Deal = (group: number, job: Change['job'], count: number) => readonly number[]

/** Deals users out, each once for a group; mostly such as need the change. */
function createDeal(draw: Draw, { userCount }: Size): Deal {
  const dealt = new Set<string>()
  const free = (group: number, wanted: (user: number) => boolean) => {
    const start = draw.integer(userCount)
    const order = Array.from({ length: userCount }, (_, index) => (start + index) % userCount)
    return order.find((user) => wanted(user) && !dealt.has(`${group}/${user}`))
  }
  return (group, job, count) => {
    const users: number[] = []
    for (let left = count; left > 0; left -= 1) {
      const isNeeded = !draw.chance(0.15)
      const user = free(group, (user) => (isMemberAtFirst(user) === (job === 'groups.members.remove')) === isNeeded)
      if (user === undefined) continue
      dealt.add(`${group}/${user}`)
      users.push(user)
    }
    return users
  }
}
