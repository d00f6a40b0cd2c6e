// Owns levers on paging: what happens when the directory changes while somebody pages through it.

import { z } from 'zod'
import { Condition, type Lever, leverKind, type Site } from './lever.ts'
import { type Listing, listingAt } from './listing.ts'

const Between = z.strictObject({
  /** The listing, without patterns: `/api/systemusers`, `/api/v2/usergroups/ID/members`, … */
  path: z.string(),
  /** The row's place in the whole listing, counted from 0. */
  position: z.number().int().min(0),
  /** Acts just before this request of the listing is served; the default is between the first page and the second. */
  beforeRequest: z.number().int().min(1).default(2),
  /** The first organisation unless named. */
  organizationId: z.string().optional(),
})
type Between = z.infer<typeof Between>

export const insertBetweenPages = leverKind(Between, (site, between) => drift(site, between, 'insert'))

export const deleteBetweenPages = leverKind(Between, (site, between) => drift(site, between, 'remove'))

function drift({ pull, world }: Site, between: Between, how: keyof Listing): Lever {
  const { path, position, beforeRequest, organizationId } = between
  const tenant = world.tenants.find(({ id }) => id === organizationId) ?? world.tenants[0]
  return pull({ method: 'GET', path, after: beforeRequest - 1, count: 1 }, (request, serve) => {
    const change = listingAt(tenant, path)[how](position)
    const op = change.kind === 'member' ? verb(how, 'add', 'remove') : verb(how, 'create', 'delete')
    world.recording.mutated({ at: world.now(), requestId: null, applied: true, op, ...change })
    return serve(request)
  })
}

function verb<Op>(how: keyof Listing, insert: Op, remove: Op): Op {
  return how === 'insert' ? insert : remove
}

/** Later pages begin one row early: the last row of the page before comes again, and one row may be served on no page. */
export const duplicateAcrossPages = leverKind(Condition, ({ pull }, condition) =>
  pull({ method: 'GET', ...condition }, (request, serve) => {
    const skip = Number(request.query.get('skip') ?? 0)
    if (skip === 0) return serve(request)
    const query = new URLSearchParams(request.query)
    query.set('skip', String(skip - 1))
    return serve({ ...request, query })
  }),
)
