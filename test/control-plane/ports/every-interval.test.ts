import { expect, test } from 'vitest'
import { everyInterval } from '../../../control-plane/ports/every-interval.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

test('waits first, works each time, and ends when it is told to', async () => {
  const clock = createFakeClock()
  const stop = new AbortController()
  let count = 0
  const over = everyInterval({ clock, ms: 1000, signal: stop.signal }, async () => {
    count += 1
  })

  const counts = [count]
  for (const ms of [999, 1, 1000]) {
    await clock.advance(ms)
    counts.push(count)
  }
  stop.abort()
  await over

  expect(counts).toEqual([0, 0, 1, 2])
})
