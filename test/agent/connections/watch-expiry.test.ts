import { expect, test } from 'vitest'
import { watchExpiry } from '../../../agent/connections/watch-expiry.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const days = 24 * 60 * 60 * 1000

test('warns 30, 14, 7 and 1 days before the end, once each, and says when it has come', async () => {
  const clock = createFakeClock()
  const told: unknown[] = []
  const say = (event: string, fields?: Readonly<Record<string, unknown>>) => void told.push([event, fields?.days])
  const stopping = new AbortController()
  const expiresAt = clock.now() + 31 * days

  void watchExpiry({ name: 'main', expiresAt, clock, log: { warn: say, error: say }, onDue: () => {} }, stopping.signal)
  for (let hour = 0; hour < 32 * 24; hour += 1) await clock.advance(60 * 60 * 1000)
  stopping.abort()

  expect(told).toEqual([
    ['credential.expires', 30],
    ['credential.expires', 14],
    ['credential.expires', 7],
    ['credential.expires', 1],
    ['credential.expired', 0],
  ])
})
