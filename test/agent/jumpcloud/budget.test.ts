import { expect, test } from 'vitest'
import { createBudget } from '../../../agent/jumpcloud/budget.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const minutes = 60 * 1000
const call = { operation: 'list users', effect: 'read', method: 'GET', path: '/api/systemusers' } as const

function openBudget(requestsPerHour?: number) {
  const clock = createFakeClock()
  const told: number[] = []
  const budget = createBudget({ requestsPerHour, clock, onSpent: (roomAt) => void told.push(roomAt) })
  const take = (times: number, isFollowed = false) => {
    for (let count = 0; count < times; count += 1) budget.take(call, isFollowed)
  }
  return { clock, told, take }
}

test('is without a limit where none is configured', () => {
  const { take, told } = openBudget()

  take(100_000)

  expect(told).toEqual([])
})

test('refuses what is more, says when there is room, and tells of it once', async () => {
  const { take, told, clock } = openBudget(10)
  take(4)
  await clock.advance(30 * minutes)
  take(6)
  const roomAt = clock.now() + 31 * minutes

  for (let count = 0; count < 3; count += 1) {
    expect(() => take(1)).toThrow(
      `list users: GET /api/systemusers was not sent: the 10 requests are used up that requestsPerHour allows the connection; there is room again at ${new Date(roomAt).toISOString()}`,
    )
  }

  expect(told).toEqual([roomAt])
})

test('holds for any hour, wherever it begins', async () => {
  const { take, clock, told } = openBudget(10)
  await clock.advance(59_000)
  take(10)

  await clock.advance(60 * minutes)
  expect(() => take(1)).toThrow('not sent')
  await clock.advance(1 * minutes)
  take(10)
  expect(() => take(1)).toThrow('not sent')

  expect(told).toHaveLength(2)
})

test('holds nothing back that follows a change to its outcome, and counts it', () => {
  const { take } = openBudget(3)
  take(2)

  take(5, true)

  expect(() => take(1)).toThrow('not sent')
})
