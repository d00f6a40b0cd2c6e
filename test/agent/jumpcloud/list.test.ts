import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Listing, list, skipsAfter } from '../../../agent/jumpcloud/list.ts'
import { anyDirectory, createDirectory, missing, type Row } from '../../support/drifting-directory.ts'

const idsOf = async (listing: Listing<Row>): Promise<number[]> =>
  (await Array.fromAsync(list(listing))).map(({ id }) => id)

describe('a calm listing', () => {
  test.for([0, 1, 99, 100])('of %i rows costs one request', async (size) => {
    const { listing, requests } = createDirectory(size)

    const ids = await idsOf(listing)

    expect(ids).toHaveLength(size)
    expect(requests).toEqual([{ skip: 0, limit: 100 }])
  })

  test.for([101, 199, 200, 1000, 9999])(
    'of %i rows comes in order, in no more than 1 + ⌈(T − 100) / 99⌉ requests',
    async (size) => {
      const { listing, requests, rows } = createDirectory(size)

      const ids = await idsOf(listing)

      expect(ids).toEqual(rows.map(({ id }) => id))
      expect(requests.length).toBeLessThanOrEqual(1 + Math.ceil((size - 100) / 99))
      expect(requests.every(({ skip }) => skip < size)).toBe(true)
    },
  )

  test.for([0, 99, 100, 101, 1000])('without totals is whole as well, %i rows', async (size) => {
    const { listing, requests, rows } = createDirectory(size, { withTotal: false })

    const ids = await idsOf(listing)

    expect(ids).toEqual(rows.map(({ id }) => id))
    expect(requests.every(({ skip }) => skip === 0 || skip < size)).toBe(true)
  })

  test('keeps several requests under way, up to the window', async () => {
    const { listing } = createDirectory(2000)
    let underWay = 0
    let most = 0
    const page: Listing<Row>['page'] = async (at, signal) => {
      most = Math.max(most, ++underWay)
      await new Promise(setImmediate)
      underWay -= 1
      return listing.page(at, signal)
    }

    await idsOf({ ...listing, page })

    expect(most).toBe(10)
  })

  test('plans pages of which neighbours always share a row and the last ends at the total', () => {
    fc.assert(
      fc.property(fc.integer({ min: 101, max: 100_000 }), (total) => {
        const rows = Array.from({ length: 100 })
        const skips = [0, ...skipsAfter({ skip: 0, rows, total })]
        const steps = skips.slice(1).map((skip, index) => skip - (skips[index] ?? 0))
        return steps.every((step) => step >= 1 && step <= 99) && skips.at(-1) === total - 100
      }),
    )
  })
})

describe('a listing that changes while it is read', () => {
  test('loses nothing when rows in front are deleted', async () => {
    const drifts = [2, 3, 4, 5].map((before) => ({ before, at: 0, how: 'delete' as const }))
    const { listing, throughout } = createDirectory(1000, { drifts })

    const ids = await idsOf(listing)

    expect(missing(throughout, ids)).toEqual([])
  })

  test('mends a hole that is much wider than a page', async () => {
    const drifts = Array.from({ length: 450 }, () => ({ before: 5, at: 0, how: 'delete' as const }))
    const { listing, throughout } = createDirectory(2000, { drifts })

    const ids = await idsOf(listing)

    expect(missing(throughout, ids)).toEqual([])
  })

  test.for([true, false])(
    'loses nothing when more than a page is inserted in front, with totals: %s',
    async (withTotal) => {
      const drifts = Array.from({ length: 300 }, () => ({ before: 4, at: 0, how: 'insert' as const }))
      const { listing, throughout } = createDirectory(1000, { drifts, withTotal })

      const ids = await idsOf(listing)

      expect(missing(throughout, ids)).toEqual([])
    },
  )

  test('follows growth at the end', async () => {
    const drifts = Array.from({ length: 150 }, () => ({ before: 3, at: 1, how: 'insert' as const }))
    const { listing, rows } = createDirectory(250, { drifts })

    const ids = await idsOf(listing)

    expect(ids).toHaveLength(rows.length)
  })

  test('walks again for rows that came in behind it', async () => {
    const { listing, rows } = createDirectory(500, { drifts: [{ before: 5, at: 0, how: 'insert' }] })

    const ids = await idsOf(listing)

    expect(new Set(ids)).toEqual(new Set(rows.map(({ id }) => id)))
  })

  test('has every row that existed throughout exactly once, whatever comes and goes', async () => {
    await fc.assert(
      fc.asyncProperty(anyDirectory, async ({ size, drifts, withTotal }) => {
        const { listing, throughout } = createDirectory(size, { drifts, withTotal })

        const ids = await idsOf(listing)

        expect(new Set(ids).size).toBe(ids.length)
        expect(missing(throughout, ids)).toEqual([])
      }),
      { numRuns: 200 },
    )
  })
})

describe('a listing that makes no sense', () => {
  test.for([undefined, 1000, 999_999_999])(
    'ends with listing_unstable where pages never meet, total %s',
    async (total) => {
      let newest = 0
      const { listing } = createDirectory(0)
      const page = async () => ({ rows: Array.from({ length: 100 }, () => ({ id: newest++ })), total })

      await expect(idsOf({ ...listing, page })).rejects.toMatchObject({ code: 'listing_unstable' })
    },
  )

  test.for([undefined, 999_999_999])(
    'ends with listing_unstable where the same rows come at every place, total %s',
    async (total) => {
      const { listing } = createDirectory(0)
      const rows = Array.from({ length: 100 }, (_, id) => ({ id }))
      const page = async () => ({ rows, total })

      await expect(idsOf({ ...listing, page })).rejects.toMatchObject({ code: 'listing_unstable' })
    },
  )

  test('believes a total only as far as rows follow', async () => {
    const { listing, requests } = createDirectory(3)
    const page: Listing<Row>['page'] = async (at, signal) => ({ ...(await listing.page(at, signal)), total: 10_000 })

    const ids = await idsOf({ ...listing, page })

    expect(ids).toEqual([0, 1, 2])
    expect(requests.length).toBeLessThan(6)
  })
})

describe('a listing that is not read to its end', () => {
  test('aborts the requests under way', async () => {
    const { listing } = createDirectory(2000)
    const signals: AbortSignal[] = []
    const page: Listing<Row>['page'] = (at, signal) => {
      signals.push(signal)
      return listing.page(at, signal)
    }

    for await (const _ of list({ ...listing, page })) break

    expect(signals.every(({ aborted }) => aborted)).toBe(true)
  })

  test('passes the first failure on', async () => {
    const { listing } = createDirectory(2000)
    const page: Listing<Row>['page'] = async (at, signal) => {
      if (at.skip > 500) throw new Error('no more')
      return listing.page(at, signal)
    }

    await expect(idsOf({ ...listing, page })).rejects.toThrow('no more')
  })
})
