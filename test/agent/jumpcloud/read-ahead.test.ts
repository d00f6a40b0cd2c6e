import { expect, test } from 'vitest'
import { readAhead } from '../../../agent/jumpcloud/read-ahead.ts'

test('yields in the order of the keys, whichever is there first', async () => {
  const delays = [3, 1, 2]
  const start = async (turns: number) => {
    for (let index = 0; index < turns; index += 1) await new Promise(setImmediate)
    return turns
  }

  expect(await Array.fromAsync(readAhead(delays, { start, window: 3 }))).toEqual([3, 1, 2])
})

test('has no more than the window under way', async () => {
  let underWay = 0
  let most = 0
  const start = async () => {
    most = Math.max(most, ++underWay)
    await new Promise(setImmediate)
    underWay -= 1
  }

  await Array.fromAsync(readAhead(Array.from({ length: 20 }), { start, window: 4 }))

  expect(most).toBe(4)
})

test('ends with the first that fails, and hears the later ones out in silence', async () => {
  const start = async (key: number) => {
    throw new Error(`no ${key}`)
  }

  await expect(Array.fromAsync(readAhead([1, 2, 3], { start, window: 3 }))).rejects.toThrow('no 1')
})
