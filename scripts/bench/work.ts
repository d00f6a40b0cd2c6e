// What the contestants are asked for, and how a process that asks is told to.

import { z } from 'zod'

/** `group`: one group, by its id. `users`: the whole directory, in pages of 100. */
export const works = ['group', 'users'] as const
export type Work = (typeof works)[number]

/** One line to a caller: keep so many going for so long, then let them end. */
export const order = z.object({ work: z.enum(works), inFlight: z.number(), forMs: z.number() })
export type Order = z.infer<typeof order>

/** One line from a caller. */
export const load = z.object({ count: z.number(), tookMs: z.number(), p50Ms: z.number(), p99Ms: z.number() })
export type Load = z.infer<typeof load>

/** What a caller must know of JumpCloud: whom to ask for, and how much there is. */
export const directory = z.object({ groupId: z.string(), userCount: z.number() })
export type Directory = z.infer<typeof directory>

export const groupPath = ({ groupId }: Directory) => `/api/v2/usergroups/${groupId}`

/** A contestant reads the directory page by page with these. */
export function userPagePaths({ userCount }: Directory): readonly string[] {
  return Array.from({ length: pagesOf(userCount) }, (_, page) => {
    return `/api/systemusers?limit=100&skip=${page * 100}&sort=_id`
  })
}

export const pagesOf = (userCount: number) => Math.ceil(userCount / 100)
