import { limits } from '@sallyport/protocol'
import { array, assert, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { createPageCutter } from '../../../agent/runs/page-cutter.ts'

const rowOf = (byteCount: number) => JSON.stringify('x'.repeat(byteCount - 2))

test('cuts nothing before a page is full, and gives the rest at the end', () => {
  const cutter = createPageCutter()

  expect(cutter.add('{"a":1}')).toBeUndefined()
  expect(cutter.add('{"a":2}')).toBeUndefined()

  expect(cutter.rest()).toMatchObject({ seq: 0, rows: '[{"a":1},{"a":2}]', count: 2, byteCount: 17 })
  expect(cutter.rest()).toBeUndefined()
})

test('takes a row that fills a page to its last byte, and refuses one that is a byte longer', () => {
  expect(createPageCutter().add(rowOf(limits.pageBytes - 2))).toBeUndefined()
  expect(createPageCutter().add(rowOf(limits.pageBytes - 1))).toBeNull()
})

test('fills a page to its last byte', () => {
  const cutter = createPageCutter()
  cutter.add(rowOf(100))

  expect(cutter.add(rowOf(limits.pageBytes - 2 - 100 - 1))).toBeUndefined()
  const page = cutter.add('1')

  expect(page?.count).toBe(2)
  expect(page?.rows.length).toBe(limits.pageBytes)
})

test('counts bytes and not characters', () => {
  const cutter = createPageCutter()

  expect(cutter.add(JSON.stringify('é'.repeat(limits.pageBytes / 2)))).toBeNull()
})

test('loses no row, keeps their order, and makes no page too large', () => {
  assert(
    property(array(string({ maxLength: 120_000 }), { maxLength: 12 }), (values) => {
      const cutter = createPageCutter()
      const pages = values.flatMap((value) => cutter.add(JSON.stringify(value)) ?? [])
      const all = [...pages, cutter.rest() ?? []].flat()

      expect(all.flatMap(({ rows }) => JSON.parse(rows))).toEqual(values)
      for (const { rows, count } of all) {
        expect(Buffer.byteLength(rows)).toBeLessThanOrEqual(limits.pageBytes)
        expect(count).toBe(JSON.parse(rows).length)
      }
    }),
    { numRuns: 50 },
  )
})
