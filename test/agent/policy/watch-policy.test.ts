import { expect, test } from 'vitest'
import { createPolicy, type Policy } from '../../../agent/policy/policy.ts'
import { watchPolicy } from '../../../agent/policy/watch-policy.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const policyOf = (text: string) =>
  createPolicy({ jobs: new Map([['org.get', 'read']]), file: { path: 'policy.yaml', text } })
const [one, other] = [policyOf('version: 1\nconnections: {}\n'), policyOf('version: 1\nconnections: {} # mine\n')]

function startWatch(first: Policy) {
  const clock = createFakeClock()
  const stop = new AbortController()
  const [taken, told]: [Policy[], string[]] = [[], []]
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
  const watching = watchPolicy({ read, digest: () => stage.current.digest, take, clock, log }, stop.signal)
  const look = async (next: Policy | Error) => {
    stage.next = next
    await clock.advance(3000)
  }
  const end = async () => {
    stop.abort(new Error('over'))
    await watching
  }
  return { look, taken, told, [Symbol.asyncDispose]: end }
}

test('hands on what has changed, and once', async () => {
  await using watch = startWatch(one)

  for (const next of [one, other, other, one]) await watch.look(next)

  expect(watch.taken).toEqual([other, one])
  expect(watch.told).toEqual([])
})

test('tells of a file that is not valid once, and again when it says something else', async () => {
  await using watch = startWatch(one)

  for (const why of ['line 2', 'line 2', 'line 3']) await watch.look(new Error(why))
  await watch.look(one)
  await watch.look(new Error('line 3'))

  expect(watch.told).toEqual(['policy.invalid', 'policy.invalid', 'policy.invalid'])
  expect(watch.taken).toEqual([])
})
