// Owns v1 filters: `field:$op:value`, numbered ones ANDed, `filter[or][n]` ORed (JumpCloud reference 5.3 [S]).
// A filter without `$` is undefined at JumpCloud; here it is ignored.

import { type Json, type JsonObject, valueAt } from '../json.ts'
import { compareValues } from './sort-rows.ts'

type Test = (found: Json | undefined, wanted: string) => boolean

const isOneOf: Test = (found, wanted) =>
  wanted.split(/(?<!\\)\|/).some((one) => equals(found, one.replaceAll('\\|', '|')))
const equals: Test = (found, wanted) => String(found ?? '') === wanted

const TESTS: Readonly<Record<string, Test>> = {
  $eq: equals,
  $ne: (found, wanted) => !equals(found, wanted),
  $in: isOneOf,
  $nin: (found, wanted) => !isOneOf(found, wanted),
  $lt: (found, wanted) => compareValues(found, wanted) < 0,
  $lte: (found, wanted) => compareValues(found, wanted) <= 0,
  $gt: (found, wanted) => compareValues(found, wanted) > 0,
  $gte: (found, wanted) => compareValues(found, wanted) >= 0,
  $sw: (found, wanted) => String(found ?? '').startsWith(wanted),
}

/** These need the request header `x-eventually-consistent: true`. */
const EVENTUAL_TESTS: Readonly<Record<string, Test>> = {
  $ew: (found, wanted) => String(found ?? '').endsWith(wanted),
  $co: (found, wanted) => String(found ?? '').includes(wanted),
  $nco: (found, wanted) => !String(found ?? '').includes(wanted),
}

export function filterV1<Row extends JsonObject>(
  rows: readonly Row[],
  query: URLSearchParams,
  isEventuallyConsistent: boolean,
): readonly Row[] {
  const tests = isEventuallyConsistent ? { ...TESTS, ...EVENTUAL_TESTS } : TESTS
  const matches = (row: Row, filter: string): boolean => {
    const [, field = '', operator = '', value = ''] = /^([^:]+):(\$[a-z]+):(.*)$/s.exec(filter) ?? []
    return tests[operator]?.(valueAt(row, field), value) ?? true
  }
  const named = [...query].filter(([name]) => name === 'filter' || name.startsWith('filter['))
  const any = named.filter(([name]) => name.startsWith('filter[or]')).map(([, filter]) => filter)
  const every = named.filter(([name]) => !name.startsWith('filter[or]')).map(([, filter]) => filter)
  if (any.length + every.length === 0) return rows
  return rows.filter(
    (row) =>
      every.every((filter) => matches(row, filter)) && (any.length === 0 || any.some((filter) => matches(row, filter))),
  )
}
