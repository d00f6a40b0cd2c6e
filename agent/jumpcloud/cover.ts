// The unbroken stretch of a listing that was read so far, from its first row on: what a further page must connect to, and the
// order that it must keep.

import { SallyportError } from '@sallyport/protocol/sallyport-error'

export type Cover<Row> = {
  /** The page shares a row with the stretch. */
  touches(rows: readonly Row[]): boolean
  /** False for a row that came in between rows that were known before, too. */
  hasPlace(id: string): boolean
  /** Throws `listing_unstable` where rows that are known come in another order than before: nothing is proven then. */
  add(rows: readonly Row[]): void
}

/** JumpCloud may show a row twice in passing; an order that is made up anew for each page is out of step at every turn. */
const forgivenSteps = 2

/** A stretch that an earlier reader covered: its rows in order, and those that had no place in it. */
export type Known = { readonly ids: readonly string[]; readonly between: readonly string[] }

type Covering<Row> = { readonly idOf: (row: Row) => string; readonly operation: string }

export function createCover<Row>({ idOf, operation }: Covering<Row>, known?: Known): Cover<Row> {
  /** The place of each row; undefined for one that came in between rows that were known before. */
  const places = new Map<string, number | undefined>()
  for (const id of known?.between ?? []) places.set(id, undefined)
  for (const [index, id] of (known?.ids ?? []).entries()) places.set(id, index + 1)
  let end = known?.ids.length ?? 0

  const checkOrder = (ids: readonly string[]) => {
    const known = ids.flatMap((id) => places.get(id) ?? [])
    const stepsBack = known.filter((place, index) => place < (known[index - 1] ?? -1)).length
    if (stepsBack <= forgivenSteps) return
    throw new SallyportError(
      'listing_unstable',
      `${operation}: JumpCloud gives the rows in another order with each page, so that nothing shows whether all of them came; try again later`,
    )
  }

  return {
    touches: (rows) => rows.some((row) => places.has(idOf(row))),
    hasPlace: (id) => places.get(id) !== undefined,
    add: (rows) => {
      const ids = rows.map(idOf)
      checkOrder(ids)
      const lastKnown = ids.findLastIndex((id) => places.has(id))
      for (const [index, id] of ids.entries()) {
        if (places.has(id)) continue
        if (index > lastKnown) end += 1
        places.set(id, index > lastKnown ? end : undefined)
      }
    },
  }
}
