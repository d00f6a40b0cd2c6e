import { times } from '@sallyport/protocol/limits'
import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { expect, test } from 'vitest'
import { firstLookMs, verify } from '../../../agent/jumpcloud/verify.ts'
import type { Clock } from '../../../agent/ports/clock.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createLeapingClock } from '../../support/leaping-clock.ts'

const watching = (clock: Clock, closing = new AbortController()) => ({ clock, closing: closing.signal })

test('is true as soon as it is seen', async () => {
  const clock = createLeapingClock()
  let looks = 0

  expect(await verify(async () => ++looks === 3, watching(clock))).toBe(true)
  expect(clock.monotonic()).toBe(750)
})

test('is false where it was not seen within the time that the protocol gives', async () => {
  const clock = createLeapingClock()
  let looks = 0

  expect(await verify(async () => ++looks < 0, watching(clock))).toBe(false)
  expect(looks).toBe(5)
  expect(clock.slept[1]).toBe(times.readBackMs)
  expect(clock.monotonic()).toBeLessThan(2 * times.readBackMs)
})

test.each([
  ['the first, which waits for its turn, after a minute', 1, firstLookMs],
  ['a later one when that time is over', 2, times.readBackMs],
])('ends a look that takes longer: %s', async (_, slowOne, limitMs) => {
  const clock = createLeapingClock()
  let looks = 0
  const look = (until: AbortSignal) =>
    new Promise<boolean>((resolve, reject) => {
      looks += 1
      if (looks < slowOne) return resolve(false)
      until.addEventListener('abort', () => reject(until.reason))
      clock.advance(limitMs - 300)
      expect(until.aborted).toBe(false)
      clock.advance(300)
    })

  expect(await verify(look, watching(clock))).toBe(false)
  expect(looks).toBe(slowOne)
})

test('sees what is there although its first look waited for longer than the time that it would look for', async () => {
  const clock = createLeapingClock()
  const look = async (until: AbortSignal) => {
    clock.advance(20_000)
    return !until.aborted
  }

  expect(await verify(look, watching(clock))).toBe(true)
})

test('ends between two looks as soon as the connection closes', async () => {
  const clock = createFakeClock()
  const closing = new AbortController()
  const seen = verify(async () => false, watching(clock, closing))
  await clock.asleep(250)

  closing.abort(new Error('the agent is stopping'))

  expect(await seen).toBe(false)
})

test('is false where JumpCloud does not let it look', async () => {
  const look = async () => {
    throw new SallyportError('credential_rejected', 'no')
  }

  expect(await verify(look, watching(createLeapingClock()))).toBe(false)
})

test('does not take a defect for an answer', async () => {
  const look = async () => {
    throw new TypeError('a defect')
  }

  await expect(verify(look, watching(createLeapingClock()))).rejects.toThrow('a defect')
})
