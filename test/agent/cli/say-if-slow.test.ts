import { expect, test } from 'vitest'
import { sayIfSlow } from '../../../agent/cli/say-if-slow.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

test('says once, after three seconds, what is waited for', async () => {
  const clock = createFakeClock()
  const said: string[] = []
  const { promise, resolve } = Promise.withResolvers<string>()

  const end = sayIfSlow(promise, { says: 'still asking', complain: (line) => void said.push(line), clock })
  await clock.advance(2999)
  const before = [...said]
  await clock.advance(60_000)
  resolve('the answer')

  expect(await end).toBe('the answer')
  expect(before).toEqual([])
  expect(said).toEqual(['still asking'])
})

test('says nothing of what is over by then, well or not', async () => {
  const clock = createFakeClock()
  const said: string[] = []
  const saying = { says: 'still asking', complain: (line: string) => void said.push(line), clock }

  await sayIfSlow(Promise.resolve(), saying)
  await expect(sayIfSlow(Promise.reject(new Error('no')), saying)).rejects.toThrow('no')
  await clock.advance(60_000)

  expect(said).toEqual([])
})
