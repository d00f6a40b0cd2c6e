import { expect, test } from 'vitest'
import { atMost } from '../../../control-plane/ports/at-most.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

test('waits for the work, and for no more than its time', async () => {
  const clock = createFakeClock()
  const order: string[] = []
  const never = new Promise<never>(() => {})
  const { promise: work, resolve: finish } = Promise.withResolvers<void>()

  void atMost({ clock, ms: 1000 }, never).then(() => order.push('given up'))
  void atMost({ clock, ms: 1000 }, work).then(() => order.push('done'))
  await clock.advance(999)
  finish()
  await clock.advance(0)
  await clock.advance(1)

  expect(order).toEqual(['done', 'given up'])
})

test('fails as the work does', async () => {
  await expect(atMost({ clock: createFakeClock(), ms: 1000 }, Promise.reject(new Error('no')))).rejects.toThrow('no')
})
