// One page of a listing as JumpCloud sends it, in the order that was asked for where JumpCloud takes the wish. Which pages
// are read is decided in `list.ts`.

import { z } from 'zod'
import { type Answer, readAnswer, readPart } from './answer.ts'
import type { Call } from './call.ts'
import { CallError } from './call-error.ts'
import type { Listing, Page } from './list.ts'
import type { ListBookmark } from './list-bookmark.ts'
import type { List } from './port.ts'

type PageReading = {
  readonly send: (call: Call, signal: AbortSignal) => Promise<Answer>
  /** Paths whose `sort` JumpCloud refused; shared by all listings of a connection, and added to here. */
  readonly unsortable: Set<string>
  /** A listing that goes on after a crash keeps the order that it had. */
  readonly bookmark?: Pick<ListBookmark, 'isSortDropped' | 'settleSort'> | undefined
}

/**
 * The reader of one listing. It asks for `sort`; where JumpCloud answers 400 to the first page, and takes the same request
 * without it, this listing and all later ones of that path go without. The order never changes after the first page.
 */
export function createPageReader<Row>(
  listed: List<Row>,
  { send, unsortable, bookmark }: PageReading,
): Listing<Row>['page'] {
  let sort: string | undefined
  const settle = (isDropped: boolean) => {
    sort = isDropped ? undefined : listed.sort
    bookmark?.settleSort(isDropped)
  }
  let isFirst = bookmark?.isSortDropped === undefined
  settle(bookmark?.isSortDropped ?? unsortable.has(listed.path))
  const read: Listing<Row>['page'] = async (at, signal) => {
    const query = { ...listed.query, ...(sort === undefined ? {} : { sort }), ...at }
    const call = callOf(listed, query)
    return pageOf(call, await send(call, signal), listed.row)
  }

  return async (at, signal) => {
    const mayDrop = isFirst && sort !== undefined
    isFirst = false
    if (!mayDrop) return read(at, signal)
    try {
      return await read(at, signal)
    } catch (error) {
      if (!(error instanceof CallError) || error.status !== 400) throw error
      settle(true)
      const page = await read(at, signal)
      unsortable.add(listed.path)
      return page
    }
  }
}

function callOf<Row>({ operation, path, ids = {} }: List<Row>, query: NonNullable<Call['query']>): Call {
  return { operation, path, ids, query, effect: 'read', method: 'GET' }
}

/** v1 sends `{ results, totalCount }`, v2 an array and its total in a header that may be missing (JumpCloud reference 5.1, 5.2 [R]). */
const envelope = z.union([
  z.array(z.unknown()),
  z.object({ results: z.array(z.unknown()), totalCount: z.int().nonnegative().optional() }),
])

function pageOf<Row>(call: Call, answer: Answer, row: z.ZodType<Row>): Page<Row> {
  const body = readAnswer(call, answer, envelope)
  const bare = Array.isArray(body)
  const rows = readPart(call, answer, { value: bare ? body : body.results, shape: z.array(row) })
  return { rows, total: bare ? countIn(answer.header('x-total-count')) : body.totalCount }
}

function countIn(header: string | undefined): number | undefined {
  return header !== undefined && /^\d{1,9}$/.test(header) ? Number(header) : undefined
}
