// Owns v2 filters: comma-separated `field:op:value`, ANDed, case sensitive, `*` is a wildcard (JumpCloud reference 5.3 [S]).

import { type Json, type JsonObject, valueAt } from '../json.ts'
import { compareValues } from './sort-rows.ts'

type Test = (found: Json | undefined, wanted: string) => boolean

const equals: Test = (found, wanted) => {
  const pattern = wanted.split('*').map(quoted).join('.*')
  return new RegExp(`^${pattern}$`, 's').test(String(found ?? ''))
}

const quoted = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

const TESTS: Readonly<Record<string, Test>> = {
  eq: equals,
  ne: (found, wanted) => !equals(found, wanted),
  gt: (found, wanted) => compareValues(found, wanted) > 0,
  ge: (found, wanted) => compareValues(found, wanted) >= 0,
  lt: (found, wanted) => compareValues(found, wanted) < 0,
  le: (found, wanted) => compareValues(found, wanted) <= 0,
  in: (found, wanted) => wanted.split('|').some((one) => equals(found, one)),
  search: (found, wanted) =>
    String(found ?? '')
      .toLowerCase()
      .includes(wanted.toLowerCase()),
  between: (found, wanted) => {
    const [low = '', high = ''] = wanted.split('|')
    return compareValues(found, low) >= 0 && compareValues(found, high) <= 0
  },
}

/** Keeps what matches; `asFiltered` says what a row looks like to the filter, where that differs from what is shown. */
export function filterV2<Row>(
  rows: readonly Row[],
  query: URLSearchParams,
  asFiltered: (row: Row) => JsonObject,
): readonly Row[] {
  const filters = query
    .getAll('filter')
    .flatMap((text) => text.split(','))
    .filter((text) => text !== '')
  if (filters.length === 0) return rows
  return rows.filter((row) => filters.every((filter) => matches(asFiltered(row), filter)))
}

function matches(row: JsonObject, filter: string): boolean {
  const [, field = '', operator = '', value = ''] = /^([^:]+):([a-z]+):(.*)$/s.exec(filter) ?? []
  return TESTS[operator]?.(valueAt(row, field), value) ?? true
}
