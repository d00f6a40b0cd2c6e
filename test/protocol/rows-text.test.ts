import { createHash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { cutRows, withRows } from '../../protocol/rows-text.ts'
import { rowsTextVectors } from '../support/vectors.ts'

const { cases, refused, digest } = rowsTextVectors()

describe('the rows text', () => {
  test.each(cases)('is cut out as it was sent: $name', ({ frame, rowsText: expected, byteCount, sha256 }) => {
    const text = cutRows(frame)?.rows ?? ''

    expect(text).toBe(expected)
    expect(Buffer.byteLength(text)).toBe(byteCount)
    expect(createHash('sha256').update(text).digest('hex')).toBe(sha256)
    expect(JSON.parse(text)).toEqual(JSON.parse(frame).rows)
  })

  test.each(refused)('is not there: $name', ({ frame }) => {
    expect(cutRows(frame)).toBeUndefined()
  })

  test('comes back unchanged, whatever the rows hold', () => {
    const property = fc.property(fc.array(fc.jsonValue()), fc.string(), (rows, head) => {
      const text = JSON.stringify(rows)
      const frame = withRows({ type: 'page', head }, text)

      expect(cutRows(frame)).toEqual({ head: JSON.stringify({ type: 'page', head }), rows: text })
      expect(JSON.parse(frame)).toEqual({ type: 'page', head, rows: JSON.parse(text) })
    })

    fc.assert(property)
  })
})

test('the digest is a chain over the texts of all pages', () => {
  const sha256 = (over: string) => createHash('sha256').update(over).digest('hex')
  const over = (pages: readonly string[]) => pages.reduce((before, page) => sha256(before + page), '') || sha256('')

  expect(over(digest.pages)).toBe(digest.sha256)
  expect(over([])).toBe(digest.ofNone)
})
