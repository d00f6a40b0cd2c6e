// A directory in memory that changes just before the requests that it is told, and pages of it as JumpCloud gives them.

import fc from 'fast-check'
import type { Listing } from '../../agent/jumpcloud/list.ts'

export type Row = { readonly id: number }
export type Drift = { readonly before: number; readonly at: number; readonly how: 'insert' | 'delete' | 'swap' }

type Shape = { readonly drifts?: readonly Drift[]; readonly withTotal?: boolean }

export function createDirectory(size: number, { drifts = [], withTotal = true }: Shape = {}) {
  const rows: Row[] = Array.from({ length: size }, (_, id) => ({ id }))
  const throughout = new Set(rows.map(({ id }) => id))
  const requests: { readonly skip: number; readonly limit: number }[] = []
  let newest = 1_000_000
  const change = ({ at, how }: Drift) => {
    const place = Math.floor(at * rows.length)
    if (how !== 'insert') for (const { id } of rows.splice(place, 1)) throughout.delete(id)
    if (how === 'insert') rows.splice(place, 0, { id: newest++ })
    // The total stays the same: a row goes here, and another comes at the other side.
    if (how === 'swap') rows.splice(Math.floor((1 - at) * rows.length), 0, { id: newest++ })
  }
  const listing: Listing<Row> = {
    operation: 'list rows',
    idOf: ({ id }) => String(id),
    window: 10,
    page: async ({ skip, limit }) => {
      requests.push({ skip, limit })
      for (const drift of drifts) if (drift.before === requests.length) change(drift)
      return { rows: rows.slice(skip, skip + limit), total: withTotal ? rows.length : undefined }
    },
  }
  return { rows, throughout, requests, listing, change }
}

export const missing = (throughout: ReadonlySet<number>, ids: readonly number[]): number[] => {
  const found = new Set(ids)
  return [...throughout].filter((id) => !found.has(id))
}

const drift = fc.record({
  before: fc.integer({ min: 1, max: 40 }),
  at: fc.double({ min: 0, max: 0.999, noNaN: true }),
  how: fc.constantFrom('insert', 'delete', 'swap'),
})

/** What makes a directory of up to 1,500 rows that drifts. */
export const anyDirectory = fc.record({
  size: fc.integer({ min: 0, max: 1500 }),
  drifts: fc.array(drift, { maxLength: 60 }),
  withTotal: fc.boolean(),
})
