import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Answer } from '../../../agent/jumpcloud/answer.ts'
import { createBookmark, type Step, step } from '../../../agent/jumpcloud/bookmark.ts'
import type { Call } from '../../../agent/jumpcloud/call.ts'
import { CallError } from '../../../agent/jumpcloud/call-error.ts'
import { events } from '../../../agent/jumpcloud/insights.ts'

const query = { startAt: '2026-03-04T00:00:00Z', endAt: '2026-03-04T01:00:00Z', services: ['all'] }
const asked = z.object({ limit: z.number(), search_after: z.array(z.number()).optional() })
type Asked = z.infer<typeof asked>

/** Events 0, 1, 2 … in order; the cursor is the number of the last one of a page. No page is larger than `most`. */
function createInsights(count: number, { most = 10_000, largest = 10_000 } = {}) {
  const all = Array.from({ length: count }, (_, index) => index)
  const requests: Asked[] = []
  const levers = { largest }
  const post = async ({ body }: Call): Promise<Answer> => {
    const { limit, search_after } = asked.parse(body)
    requests.push({ limit, ...(search_after === undefined ? {} : { search_after }) })
    const used = Math.min(limit, most)
    const rows = all.filter((event) => event > (search_after?.[0] ?? -1)).slice(0, used)
    if (rows.length > levers.largest)
      throw new CallError('response_too_large', 'too large', { sent: 'maybe', status: 200 })
    const headers: Record<string, string> = { 'x-limit': String(used), 'x-search_after': `[${rows.at(-1) ?? -1}]` }
    return {
      status: 200,
      header: (name) => headers[name],
      body: JSON.stringify(rows.map((id) => ({ id: String(id) }))),
    }
  }
  return { all, requests, levers, post }
}

/** A runner: its wire pages are kept with their steps, and what it holds besides is lost when it dies. */
function createRunner(post: (call: Call) => Promise<Answer>, { pageRows = 7 } = {}) {
  const kept: number[] = []
  const steps: Step[] = []
  const live = async (dieAt = Number.POSITIVE_INFINITY): Promise<void> => {
    let held: number[] = []
    const cut = async () => {
      steps.push(step.parse(JSON.parse(JSON.stringify(bookmark.step()))))
      kept.push(...held)
      held = []
    }
    const bookmark = createBookmark({ steps: [...steps], onPageTaken: cut })
    let count = 0
    for await (const { id } of events(query, post, bookmark.events())) {
      if (count++ === dieAt) return
      if (held.length === pageRows) await cut()
      held.push(Number(id))
    }
    await cut()
  }
  return { kept, steps, live }
}

describe('events that go on after a crash', () => {
  test('ask for the page that was begun once more, and leave out what was taken of it', async () => {
    const { post, requests, all } = createInsights(50, { most: 20 })
    const runner = createRunner(post)

    await runner.live(30)
    await runner.live()

    expect(requests.map(({ search_after }) => search_after?.[0])).toEqual([undefined, 19, 19, 39])
    expect(runner.kept).toEqual(all)
  })

  test('ask for the next page alone where one was taken wholly', async () => {
    const { post, requests, all } = createInsights(50, { most: 20 })
    const runner = createRunner(post, { pageRows: 100 })

    await runner.live(25)
    await runner.live()

    expect(requests.map(({ search_after }) => search_after?.[0])).toEqual([undefined, 19, 19, 39])
    expect(runner.kept).toEqual(all)
  })

  test('ask for nothing where all were taken', async () => {
    const { post, requests } = createInsights(50)
    const runner = createRunner(post)
    await runner.live()

    await runner.live()

    expect(requests).toHaveLength(1)
    expect(runner.kept).toHaveLength(50)
  })

  test('hand out the whole page where the event that was taken last is gone', async () => {
    const { post, all } = createInsights(50, { most: 20 })
    const runner = createRunner(post)

    await runner.live(30)
    all.splice(0, 30)
    await runner.live()

    expect(runner.kept).toEqual(Array.from({ length: 50 }, (_, id) => id).filter((id) => id < 27 || id >= 30))
  })

  test('keep the limit that was small enough', async () => {
    const { post, requests, all } = createInsights(50, { largest: 20 })
    const runner = createRunner(post)

    await runner.live(30)
    const before = requests.length
    await runner.live()

    const [{ limit } = { limit: 0 }] = requests.slice(before)
    expect(limit).toBeLessThanOrEqual(20)
    expect(runner.kept).toEqual(all)
  })

  test('do not halve a page that was begun, for what was taken of it would come again', async () => {
    const { post, levers } = createInsights(50, { most: 20 })
    const runner = createRunner(post)

    await runner.live(30)
    levers.largest = 10

    await expect(runner.live()).rejects.toMatchObject({ code: 'response_too_large' })
  })

  test('refuse to go round in a circle that an earlier process began', async () => {
    const { post } = createInsights(50, { most: 20 })
    const runner = createRunner(post)
    await runner.live(45)
    const turning = async (call: Call) => {
      const answer = await post(call)
      return { ...answer, header: (name: string) => (name === 'x-search_after' ? '[19]' : '1') }
    }

    const again = createRunner(turning)
    again.steps.push(...runner.steps)

    await expect(again.live()).rejects.toMatchObject({ code: 'response_unexpected' })
  })

  test('come each exactly once, in no more requests than pages and crashes, wherever it dies', async () => {
    const anyDeaths = fc.array(fc.nat(400), { maxLength: 5 })
    const anyPull = fc.record({
      count: fc.nat(400),
      most: fc.integer({ min: 1, max: 150 }),
      pageRows: fc.integer({ min: 1, max: 90 }),
    })

    await fc.assert(
      fc.asyncProperty(anyPull, anyDeaths, async ({ count, most, pageRows }, deaths) => {
        const { post, requests, all } = createInsights(count, { most })
        const runner = createRunner(post, { pageRows })

        for (const dieAt of deaths) await runner.live(dieAt)
        await runner.live()

        expect(runner.kept).toEqual(all)
        expect(requests.length).toBeLessThanOrEqual(Math.floor(count / most) + 1 + deaths.length)
      }),
    )
  })
})
