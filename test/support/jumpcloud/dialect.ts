// Owns the points on which JumpCloud is undocumented or its sources disagree (JumpCloud reference 21).
// Each can be switched while the simulator runs; the defaults are what the reference decides.

export interface Dialect {
  /** `x-total-count` on v2 lists. */
  totalCountHeader: boolean
  /** Rows that v2 serves at most; 400 is what some lists were said to allow. */
  v2PageLimit: 100 | 400
  /** What v2 does with a larger limit. */
  v2LimitTooLarge: 'clamp' | 'refuse'
  filters: 'applied' | 'ignored'
  /** What v2 does with a `sort`; that `_id` or `id` is a name for it is from a generic page. */
  v2Sort: 'applied' | 'refused'
  /** How v2 orders what takes a sort and was given none: `unstable` is otherwise for each request. */
  v2Unsorted: 'stable' | 'unstable'
  duplicateUserStatus: 409 | 400
  /** What a key of several organisations gets without `x-org-id`: 401 (2.4 [S]), or silently its first one (2.4 [W]). */
  withoutOrganization: 'refuse' | 'first'
  deletedGroup: 'empty' | 'body'
  /** `live` is what JumpCloud's own client sees, `spec` what the specification says. */
  distinctShape: 'live' | 'spec'
  /** Events become visible this long after they happened. */
  ingestDelayMs: number
  /** Insights serves at most this many events in a page. */
  insightsPageLimit: number
}

export function createDialect(changes: Partial<Dialect> = {}): Dialect {
  return {
    totalCountHeader: true,
    v2PageLimit: 100,
    v2LimitTooLarge: 'clamp',
    filters: 'applied',
    v2Sort: 'applied',
    v2Unsorted: 'stable',
    duplicateUserStatus: 409,
    withoutOrganization: 'refuse',
    deletedGroup: 'empty',
    distinctShape: 'live',
    ingestDelayMs: 0,
    insightsPageLimit: 10_000,
    ...changes,
  }
}
