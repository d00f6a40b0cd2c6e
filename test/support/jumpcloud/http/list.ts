// Owns the two list envelopes: v1 `{totalCount, results}`, v2 a bare array with `x-total-count` (JumpCloud reference 5.1, 5.2).

import type { JsonObject } from '../json.ts'
import { createDraw } from '../random.ts'
import { type Answer, refuse } from './answer.ts'
import type { Call } from './call.ts'
import { filterV1 } from './filter-v1.ts'
import { filterV2 } from './filter-v2.ts'
import { cut, pageV1, pageV2 } from './page.ts'
import { projectRow, sortRows } from './sort-rows.ts'

export function listV1(call: Call, rows: readonly JsonObject[]): Answer {
  const { query, headers } = call.request
  const isEventual = headers['x-eventually-consistent'] === 'true'
  const kept = call.world.dialect.filters === 'ignored' ? rows : filterV1(rows, query, isEventual)
  const page = cut(sortRows(kept, query.get('sort'), ' '), pageV1(query))
  const results = page.map((row) => projectRow(row, query.get('fields'), ' '))
  return { status: 200, json: { totalCount: kept.length, results } }
}

interface ListV2<Row> {
  readonly rows: readonly Row[]
  /** What filters and sort see of a row. */
  readonly asFiltered: (row: Row) => JsonObject
  readonly show: (row: Row) => JsonObject
  /** The members and associations of the graph take no filter and no sort (JumpCloud reference 5.5 [S]). */
  readonly isPlain?: boolean
}

export function listV2<Row extends JsonObject>(
  call: Call,
  { rows, asFiltered, show, isPlain = false }: ListV2<Row>,
): Answer {
  const { query } = call.request
  const { dialect } = call.world
  const kept = isPlain || dialect.filters === 'ignored' ? rows : filterV2(rows, query, asFiltered)
  const sorted = isPlain ? kept : ordered(call, kept)
  const json = cut(sorted, pageV2(query, dialect)).map((row) => projectRow(show(row), query.get('fields'), ','))
  const headers: Record<string, string> = dialect.totalCountHeader ? { 'x-total-count': String(kept.length) } : {}
  return { status: 200, headers, json }
}

function ordered<Row extends JsonObject>({ request, world: { dialect } }: Call, rows: readonly Row[]): readonly Row[] {
  const sort = request.query.get('sort')
  if (sort !== null && dialect.v2Sort === 'refused') throw refuse(400, { message: 'sort is not a known parameter' })
  if (sort !== null || dialect.v2Unsorted === 'stable') return sortRows(rows, sort, ',')
  const start = createDraw(request.id).integer(rows.length + 1)
  return [...rows.slice(start), ...rows.slice(0, start)]
}
