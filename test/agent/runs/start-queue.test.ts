import type { JobContract } from '@sallyport/protocol'
import groupsList from '@sallyport/protocol/jobs/groups-list'
import orgGet from '@sallyport/protocol/jobs/org-get'
import { expect, test } from 'vitest'
import type { HeldRun } from '../../../agent/runs/held-run.ts'
import { createStartQueue } from '../../../agent/runs/start-queue.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { makeHeldRun } from '../../support/held-run.ts'

function makeRun(id: string, contract: JobContract): HeldRun {
  const run = makeHeldRun({ id, job: contract.name })
  run.admit({ job: 'org.get', effect: contract.effect, contract, params: {}, connection: 'main' })
  return run
}

test('starts short runs although long ones hold all their places, and long ones in order as places come free', async () => {
  const started: string[] = []
  const ends = new Map<string, () => void>()
  const queue = createStartQueue(async ({ id }) => {
    started.push(id)
    await new Promise<void>((resolve) => ends.set(id, resolve))
  })

  for (let index = 0; index < 18; index += 1) queue.add(makeRun(`long-${index}`, groupsList))
  queue.add(makeRun('short', orgGet))
  expect(started.slice(15)).toEqual(['long-15', 'short'])
  ends.get('long-3')?.()
  await createFakeClock().advance(0)

  expect(started.slice(16)).toEqual(['short', 'long-16'])
})

test('forgets whoever was given up before a place came free', async () => {
  const started: string[] = []
  const ends: (() => void)[] = []
  const queue = createStartQueue(async ({ id }) => {
    started.push(id)
    await new Promise<void>((resolve) => ends.push(resolve))
  })
  for (let index = 0; index < 16; index += 1) queue.add(makeRun(`long-${index}`, groupsList))
  const given = makeRun('given-up', groupsList)

  queue.add(given)
  given.forget()
  queue.add(makeRun('next', groupsList))
  ends[0]?.()
  await createFakeClock().advance(0)

  expect(started.slice(16)).toEqual(['next'])
})

test('whoever rests leaves its place to another, and does not wait to go on', async () => {
  const started: string[] = []
  const ends: (() => void)[] = []
  const queue = createStartQueue(async ({ id }) => {
    started.push(id)
    await new Promise<void>((resolve) => ends.push(resolve))
  })
  const [first, ...others] = Array.from({ length: 18 }, (_, index) => makeRun(`long-${index}`, groupsList))
  if (first === undefined) throw new Error('there are eighteen')
  for (const run of [first, ...others]) queue.add(run)

  queue.rest(first, true)
  expect(started.slice(16)).toEqual(['long-16'])
  queue.rest(first, false)
  ends[0]?.()
  await createFakeClock().advance(0)
  expect(started.slice(17)).toEqual([])
  ends[1]?.()
  await createFakeClock().advance(0)

  expect(started.slice(17)).toEqual(['long-17'])
})
