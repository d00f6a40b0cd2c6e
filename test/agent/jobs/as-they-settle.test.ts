import { expect, test } from 'vitest'
import { asTheySettle } from '../../../agent/jobs/as-they-settle.ts'

const turns = async (count: number): Promise<void> => {
  for (let index = 0; index < count; index += 1) await new Promise(setImmediate)
}

test('yields whatever is there first', async () => {
  const start = async (count: number) => {
    await turns(count)
    return count
  }

  expect(await Array.fromAsync(asTheySettle([9, 1, 5], { width: 3, start }))).toEqual([1, 5, 9])
})

test('has no more than its width under way', async () => {
  let underWay = 0
  let most = 0
  const start = async () => {
    most = Math.max(most, ++underWay)
    await turns(1)
    underWay -= 1
  }

  await Array.fromAsync(asTheySettle([...Array(20).keys()], { width: 4, start }))

  expect(most).toBe(4)
})

test('is over only when everything that was started is over, even after a failure', async () => {
  const ended: number[] = []
  const start = async (item: number) => {
    await turns(item)
    ended.push(item)
    if (item === 1) throw new Error('the first')
  }

  await expect(Array.fromAsync(asTheySettle([1, 7, 3], { width: 3, start }))).rejects.toThrow('the first')

  expect(ended).toEqual([1, 3, 7])
})
