import { expect, test } from 'vitest'
import { createWaker } from '../../../control-plane/runs/waker.ts'
import { watchRun } from '../../../control-plane/runs/watch.ts'
import { type Keep, startPurge } from '../../../control-plane/store/purge.ts'
import { openSqliteStore } from '../../../control-plane/store/sqlite.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { aPage, aRun, withRunSent } from './store-fixtures.ts'

const minutes = 60_000

/** A run of 45 pages that ended now, and a purge that looks each minute. */
async function openPurged(keep: Keep) {
  const clock = createFakeClock()
  const store = await withRunSent(() => openSqliteStore({ path: ':memory:' }))
  for (let seq = 0; seq < 45; seq += 1) await store.pages.add({ ...aPage, seq })
  await store.runs.step({ run: aRun.id, from: ['sent', 'accepted'], to: 'done', change: { finishedAt: clock.now() } })
  const events: string[] = []
  const say = (event: string) => void events.push(event)
  const purge = startPurge({ store, clock, keep, log: { info: say, warn: say, error: say } })
  const pageCount = async () => (await store.pages.rowCounts(aRun.id, 1)).length
  const close = async () => {
    await purge[Symbol.asyncDispose]()
    await store.close()
  }
  return { clock, store, events, pageCount, [Symbol.asyncDispose]: close }
}

test('pages go when their time is over, and who asks for them is told; the run stays, and goes later', async () => {
  await using world = await openPurged({ pagesMs: 10 * minutes, runsMs: 20 * minutes })
  const { clock, store, pageCount } = world

  await clock.advance(10 * minutes)
  expect(await pageCount()).toBe(45)
  await clock.advance(minutes)
  await expect.poll(pageCount).toBe(0)
  expect(await store.runs.get(aRun.id)).toMatchObject({ state: 'done', pageCount: 45 })
  const lines = watchRun({ store, waker: createWaker() }, { run: aRun.id })
  await expect(Array.fromAsync(lines)).rejects.toMatchObject({ code: 'pages_gone' })

  await clock.advance(10 * minutes)

  await expect.poll(() => store.runs.get(aRun.id)).toBeUndefined()
  expect(world.events).toEqual(['store.purged', 'store.purged'])
})

test('what has not ended is kept', async () => {
  await using store = await withRunSent(() => openSqliteStore({ path: ':memory:' }))
  await store.pages.add(aPage)
  const asked = { before: Number.MAX_SAFE_INTEGER, limit: 10 }

  expect([await store.retention.dropPages(asked), await store.retention.dropRuns(asked)]).toEqual([0, 0])
  expect(await store.runs.get(aRun.id)).toBeDefined()
})
