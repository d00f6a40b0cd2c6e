import { expect, test } from 'vitest'
import { createMemory } from './memory.ts'

const MiB = 1024 * 1024

async function measured(heap: readonly number[], outside: readonly number[]) {
  const [heaps, outsides] = [[...heap], [...outside]]
  const memory = await createMemory({
    collectedHeapBytes: () => (heaps.shift() ?? 0) * MiB,
    privateBytes: async () => (outsides.shift() ?? 0) * MiB,
  })
  const worlds = heap.slice(1).map(() => memory.afterWorld())
  return { worlds, all: await memory.afterAll(), told: memory.told() }
}

test('worlds that leave nothing, but for a little that comes and goes, pass', async () => {
  expect(await measured([30, 32, 31, 33], [100, 180])).toEqual({ worlds: [[], [], []], all: [], told: 'heap +3.0 MiB' })
})

test('notices a world that stays', async () => {
  const { worlds } = await measured([30, 31, 41, 41], [100, 100])

  expect(worlds).toEqual([[], ['memory: the heap grew by 10 MiB'], []])
})

test('notices what each world leaves a little of', async () => {
  const { worlds, all } = await measured([30, ...Array.from({ length: 10 }, (_, index) => 33 + 3 * index)], [100, 150])

  expect(worlds.flat()).toEqual([])
  expect(all).toEqual(['memory: over all seeds, the heap grew by 30 MiB'])
})

test('notices what is left outside the heap', async () => {
  expect((await measured([30, 30], [100, 300])).all).toEqual(['memory: over all seeds, the process grew by 200 MiB'])
})
