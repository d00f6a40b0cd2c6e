import { expect, test } from 'vitest'
import { createPolicy, type Policy } from '../../../agent/policy/policy.ts'
import { watchPolicy } from '../../../agent/policy/watch-policy.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const policyOf = (text: string) =>
  createPolicy({ jobs: new Map([['org.get', 'read']]), file: { path: 'policy.yaml', text } })
const [one, other] = [policyOf('version: 1\nconnections: {}\n'), policyOf('version: 1\nconnections: {} # mine\n')]
const half = policyOf('version: 1\nconnections: {}')

function startWatch(first: Policy) {
  const clock = createFakeClock()
  const stop = new AbortController()
  const [taken, told]: [Policy[], string[]] = [[], []]
  const noted: (string | undefined)[] = []
  const stage: { next: Policy | Error; current: Policy } = { next: first, current: first }
  const log = { debug: () => {}, info: () => {}, warn: () => {}, error: (event: string) => void told.push(event) }
  const read = async () => {
    if (stage.next instanceof Error) throw stage.next
    return stage.next
  }
  const take = async (policy: Policy) => {
    stage.current = policy
    taken.push(policy)
  }
  const note = (why: string | undefined) => void noted.push(why)
  const watching = watchPolicy({ read, digest: () => stage.current.digest, take, note, clock, log }, stop.signal)
  const look = async (next: Policy | Error, afterMs = 3000) => {
    stage.next = next
    await clock.advance(afterMs)
  }
  const end = async () => {
    stop.abort(new Error('over'))
    await watching
  }
  return { look, taken, told, noted, [Symbol.asyncDispose]: end }
}

test('hands on what has changed, and once', async () => {
  await using watch = startWatch(one)

  for (const next of [one, other, other, other, one, one]) await watch.look(next)

  expect(watch.taken).toEqual([other, one])
  expect(watch.told).toEqual([])
})

test('takes a text only when it is still the same a moment later: before, it may be the first half of one', async () => {
  await using watch = startWatch(one)

  await watch.look(half)
  await watch.look(other, 1499)
  expect(watch.taken).toEqual([])
  await watch.look(other, 1)
  await watch.look(other, 1500)

  expect(watch.taken).toEqual([other])
})

test('counts a text that was seen before one that is not valid as new', async () => {
  await using watch = startWatch(one)

  for (const next of [half, new Error('line 2'), half]) await watch.look(next)

  expect(watch.taken).toEqual([])
})

test('tells of a file that is not valid once, and again when it says something else', async () => {
  await using watch = startWatch(one)

  for (const why of ['line 2', 'line 2', 'line 3']) await watch.look(new Error(why))
  await watch.look(one)
  await watch.look(new Error('line 3'))

  expect(watch.told).toEqual(['policy.invalid', 'policy.invalid', 'policy.invalid'])
  expect(watch.noted).toEqual(['line 2', 'line 2', 'line 3', undefined, 'line 3'])
  expect(watch.taken).toEqual([])
})
