// Owns `limit` and `skip`: ten rows unless asked, so that a client that forgets fails its tests (JumpCloud reference 5, 20).

import type { Dialect } from '../dialect.ts'
import { refuse } from './answer.ts'

const DEFAULT_LIMIT = 10
const V1_PAGE_LIMIT = 100

export interface Page {
  readonly skip: number
  readonly limit: number
}

export function pageV1(query: URLSearchParams): Page {
  return { skip: skipOf(query), limit: Math.min(limitOf(query), V1_PAGE_LIMIT) }
}

/** Whether v2 clamps a larger limit or refuses it is not known; the dialect decides. */
export function pageV2(query: URLSearchParams, { v2PageLimit, v2LimitTooLarge }: Dialect): Page {
  const limit = limitOf(query)
  if (limit > v2PageLimit && v2LimitTooLarge === 'refuse')
    throw refuse(400, { message: `limit is over ${v2PageLimit}` })
  return { skip: skipOf(query), limit: Math.min(limit, v2PageLimit) }
}

export function cut<Row>(rows: readonly Row[], { skip, limit }: Page): readonly Row[] {
  return rows.slice(skip, skip + limit)
}

function limitOf(query: URLSearchParams): number {
  const limit = Number(query.get('limit') ?? DEFAULT_LIMIT)
  return Number.isInteger(limit) && limit > 0 ? limit : DEFAULT_LIMIT
}

function skipOf(query: URLSearchParams): number {
  const skip = Number(query.get('skip') ?? 0)
  return Number.isInteger(skip) && skip > 0 ? skip : 0
}
