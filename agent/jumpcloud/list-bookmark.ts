// How far a listing was handed out, as it is kept across processes. It does not read: that is done in `list.ts`.

import { z } from 'zod'

export const listStep = z.strictObject({
  kind: z.literal('list'),
  /** Where JumpCloud showed the last row that was taken, so that the page that begins there shares it; null once all were taken. */
  at: z.int().nonnegative().nullable(),
  /** Ids taken since the step before, in JumpCloud's order. */
  ids: z.array(z.string()),
  /** Ids taken since too, of rows that came in between those known before: their place in the order is not known. */
  between: z.array(z.string()),
  /** The order never changes within a listing, so neither does it after a crash. */
  isSortDropped: z.boolean(),
})
export type ListStep = z.infer<typeof listStep>

export type TakenRow = { readonly id: string; readonly at: number; readonly hasPlace: boolean }

/** What earlier processes took, and where they stopped. */
export type ListStart = Pick<Readonly<ListStep>, 'at' | 'ids' | 'between'>

export type ListBookmark = {
  readonly start: ListStart
  /** As an earlier process found; undefined where none did. */
  readonly isSortDropped: boolean | undefined
  settleSort(isDropped: boolean): void
  /** The consumer has asked for the row after this one. */
  take(row: TakenRow): void
  /** There is nothing more to read. */
  finish(): void
  /** Every row of the pages read so far was taken. */
  pageTaken(): Promise<void>
  /** What was taken since the last call. */
  step(): ListStep
}

type Options = { readonly steps: readonly ListStep[]; readonly pageTaken: () => Promise<void> }

export function createListBookmark({ steps, pageTaken }: Options): ListBookmark {
  const last = steps.at(-1)
  let at = last === undefined ? 0 : last.at
  let isSortDropped = last?.isSortDropped
  let ids: string[] = []
  let between: string[] = []
  return {
    start: { at, ids: steps.flatMap((step) => step.ids), between: steps.flatMap((step) => step.between) },
    isSortDropped,
    settleSort: (isDropped) => {
      isSortDropped = isDropped
    },
    take: (row) => {
      at = row.at
      if (row.hasPlace) ids.push(row.id)
      else between.push(row.id)
    },
    finish: () => {
      at = null
    },
    pageTaken,
    step: () => {
      const step: ListStep = { kind: 'list', at, ids, between, isSortDropped: isSortDropped ?? false }
      ids = []
      between = []
      return step
    },
  }
}
