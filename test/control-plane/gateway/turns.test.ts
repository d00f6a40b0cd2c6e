import { expect, test } from 'vitest'
import { createTurns } from '../../../control-plane/gateway/turns.ts'

test('one at a time for each name, also after one that failed', async () => {
  const inTurn = createTurns()
  const order: string[] = []
  const { promise: gate, resolve: open } = Promise.withResolvers<void>()

  const first = inTurn('a', async () => {
    await gate
    order.push('a1')
    throw new Error('no')
  })
  const second = inTurn('a', async () => void order.push('a2'))
  await inTurn('b', async () => void order.push('b1'))
  open()
  await Promise.allSettled([first, second])

  expect(order).toEqual(['b1', 'a1', 'a2'])
})
