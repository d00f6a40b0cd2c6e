import { expect, test } from 'vitest'
import { systemRandom } from '../../../control-plane/ports/random.ts'

test('gives as many bytes as are asked for, and never the same ones twice', () => {
  const counts = [1, 9, 32, 4096, 4097, 10_000]

  const drawn = counts.map((count) => systemRandom.bytes(count))
  const nonces = Array.from({ length: 1000 }, () => systemRandom.bytes(15).toString('hex'))

  expect(drawn.map(({ length }) => length)).toEqual(counts)
  expect(new Set(nonces).size).toBe(1000)
  expect(nonces).not.toContain('00'.repeat(15))
})

test('what it gave is its owner’s alone: it changes by nothing that is drawn later', () => {
  const first = systemRandom.bytes(15)
  const before = first.toString('hex')

  for (let draw = 0; draw < 1000; draw += 1) systemRandom.bytes(32)

  expect(first.toString('hex')).toBe(before)
})
