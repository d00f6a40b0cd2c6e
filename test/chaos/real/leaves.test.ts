import { expect, test } from 'vitest'
import { checkLeaves } from './leaves.ts'

const leave = { who: 'replica-0', exit: 0, askedAtMs: 0, endedAtMs: 100, byteCount: 60 * 1024 * 1024 }

test('a process that ends in order passes', () => {
  expect(checkLeaves([leave])).toEqual([])
})

test.for([
  ['ends with another code', { exit: 1 }, /ended with 1/],
  ['is ended by somebody else', { exit: 'SIGKILL' }, /ended with SIGKILL/],
  ['has grown', { byteCount: 200 * 1024 * 1024 }, /200 MiB/],
] as const)('notices one that %s', ([, change, noticed]) => {
  expect(checkLeaves([{ ...leave, ...change }]).join()).toMatch(noticed)
})
