import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { createBookmark, type Step, step } from '../../../agent/jumpcloud/bookmark.ts'
import { type Listing, list } from '../../../agent/jumpcloud/list.ts'
import { anyDirectory, createDirectory, missing, type Row } from '../../support/drifting-directory.ts'

/** A runner: its wire pages are kept with their steps, and what it holds besides is lost when it dies. */
function createRunner(listing: Listing<Row>, { pageRows = 70 } = {}) {
  const kept: number[] = []
  const steps: Step[] = []
  /** One process, which dies while it looks at the row of this number; true where it came to the end. */
  const live = async (dieAt = Number.POSITIVE_INFINITY): Promise<boolean> => {
    let held: number[] = []
    const cut = async () => {
      const taken = bookmark.step()
      steps.push(step.parse(JSON.parse(JSON.stringify(taken))))
      kept.push(...held)
      held = []
    }
    const bookmark = createBookmark({ steps: [...steps], onPageTaken: cut })
    let count = 0
    for await (const { id } of list({ ...listing, bookmark: bookmark.list() })) {
      if (count++ === dieAt) return false
      if (held.length === pageRows) await cut()
      held.push(id)
    }
    await cut()
    return true
  }
  return { kept, steps, live }
}

const range = (size: number) => Array.from({ length: size }, (_, index) => index)

describe('a listing that goes on after a crash', () => {
  test('begins with the page that shares the last row that was taken, and hands out none twice', async () => {
    const { listing, requests } = createDirectory(450)
    const runner = createRunner(listing)

    await runner.live(205)
    const before = requests.length
    await runner.live()

    expect(requests.slice(before).map(({ skip }) => skip)).toEqual([186, 268, 350])
    expect(runner.kept).toEqual(range(450))
  })

  test.for([1, 50, 99, 100, 101, 1000, 5000, 9899, 9999])(
    'killed at row %i of 10,000 costs the requests of one whole reading and those that were under way',
    async (dieAt) => {
      const { listing, requests } = createDirectory(10_000)
      const runner = createRunner(listing)

      await runner.live(dieAt)
      await runner.live()

      expect(runner.kept).toEqual(range(10_000))
      expect(requests.length).toBeLessThanOrEqual(101 + listing.window + 1)
    },
  )

  test('asks for nothing where it knew that everything was taken', async () => {
    const { listing, requests } = createDirectory(450)
    const runner = createRunner(listing)
    await runner.live()
    const before = requests.length

    await runner.live()

    expect(requests).toHaveLength(before)
    expect(runner.kept).toHaveLength(450)
  })

  test('asks once where everything was taken and it died before it knew', async () => {
    const { listing, requests } = createDirectory(450)
    const runner = createRunner(listing)
    await runner.live()
    runner.steps.pop()
    const before = requests.length

    await runner.live()

    expect(requests.slice(before)).toEqual([{ skip: 449, limit: 100 }])
    expect(runner.kept).toHaveLength(450)
  })

  test('goes back to what it knows where rows in front were deleted', async () => {
    const { listing, rows, throughout } = createDirectory(2000)
    const runner = createRunner(listing)

    await runner.live(1500)
    for (const { id } of rows.splice(0, 800)) throughout.delete(id)
    await runner.live()

    expect(missing(throughout, runner.kept)).toEqual([])
    expect(new Set(runner.kept).size).toBe(runner.kept.length)
  })

  test('is whole where all rows that it took are gone', async () => {
    const { listing, rows, throughout } = createDirectory(600)
    const runner = createRunner(listing)

    await runner.live(400)
    for (const { id } of rows.splice(0, 450)) throughout.delete(id)
    await runner.live()

    expect(missing(throughout, runner.kept)).toEqual([])
  })

  test('walks again for rows that came in behind it', async () => {
    const { listing, rows } = createDirectory(500)
    const runner = createRunner(listing)

    await runner.live(300)
    rows.unshift({ id: 1_000_000 }, { id: 1_000_001 })
    await runner.live()

    expect(new Set(runner.kept)).toEqual(new Set(rows.map(({ id }) => id)))
    expect(runner.kept).toHaveLength(502)
  })

  test('takes rows that came in between for no change of the order', async () => {
    const drifts = range(30).map((index) => ({
      before: 2,
      at: (66.5 + 2 * index) / (300 + index),
      how: 'insert' as const,
    }))
    const { listing, rows, throughout } = createDirectory(300, { drifts })
    const runner = createRunner(listing)

    await runner.live(160)
    rows.unshift(...range(90).map((id) => ({ id: 2_000_000 + id })))
    await runner.live()

    expect(runner.steps.some((one) => one.kind === 'list' && one.between.length > 2)).toBe(true)
    expect(missing(throughout, runner.kept)).toEqual([])
  })

  test('still refuses an order that is made up anew for each page', async () => {
    const { listing } = createDirectory(0)
    const page: Listing<Row>['page'] = async ({ skip }) => {
      const rows = range(400).map((index) => ({ id: (index * (2 * skip + 1) * 7 + skip) % 401 }))
      return { rows: rows.slice(skip, skip + 100), total: 400 }
    }
    const runner = createRunner({ ...listing, page })

    await runner.live(99)

    await expect(runner.live()).rejects.toMatchObject({ code: 'listing_unstable' })
  })

  test('has every row that existed throughout exactly once, whatever comes and goes, however often it dies', async () => {
    const deaths = fc.array(fc.integer({ min: 0, max: 1500 }), { minLength: 1, maxLength: 4 })
    const pageRows = fc.integer({ min: 1, max: 400 })

    await fc.assert(
      fc.asyncProperty(anyDirectory, deaths, pageRows, async ({ size, drifts, withTotal }, dieAt, pageRows) => {
        const { listing, throughout } = createDirectory(size, { drifts, withTotal })
        const runner = createRunner(listing, { pageRows })

        for (const row of dieAt) if (await runner.live(row)) break
        await runner.live()

        expect(new Set(runner.kept).size).toBe(runner.kept.length)
        expect(missing(throughout, runner.kept)).toEqual([])
      }),
      { numRuns: 200 },
    )
  })
})
