// Owns ordering and projection of rows; v1 separates names by spaces, v2 by commas (JumpCloud reference 5.1, 5.2).

import { type Json, type JsonObject, valueAt } from '../json.ts'

const asNames = (text: string | null, separator: string): readonly string[] =>
  (text ?? '').split(separator).filter((name) => name !== '')

/** A comma-separated v1 sort names no field, so it changes nothing. */
export function sortRows<Row extends JsonObject>(
  rows: readonly Row[],
  sort: string | null,
  separator: ' ' | ',',
): readonly Row[] {
  const keys = asNames(sort, separator).map((name) => ({
    field: name.replace(/^[-+]/, ''),
    direction: name.startsWith('-') ? -1 : 1,
  }))
  if (keys.length === 0) return rows
  const keyed = rows.map((row) => ({ row, values: keys.map(({ field }) => valueAt(row, field)) }))
  keyed.sort((left, right) => {
    for (const [position, { direction }] of keys.entries()) {
      const order = compareValues(left.values[position], right.values[position])
      if (order !== 0) return order * direction
    }
    return 0
  })
  return keyed.map(({ row }) => row)
}

export function compareValues(left: Json | undefined, right: Json | undefined): number {
  if (typeof left === 'number' && typeof right === 'number') return left - right
  const [a, b] = [String(left ?? ''), String(right ?? '')]
  return a < b ? -1 : Number(a > b)
}

/** The id stays whatever was asked. */
export function projectRow<Row extends JsonObject>(row: Row, fields: string | null, separator: ' ' | ','): JsonObject {
  const names = asNames(fields, separator)
  if (names.length === 0) return row
  return Object.fromEntries(Object.entries(row).filter(([name]) => /^_?id$/.test(name) || names.includes(name)))
}
