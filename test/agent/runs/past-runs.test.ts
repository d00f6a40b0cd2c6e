import { expect, test } from 'vitest'
import { createPastRuns } from '../../../agent/runs/past-runs.ts'
import { addition, openSession, openWriter, postsOf } from '../../support/open-session.ts'

test('a run id with other bytes is refused, and the first run is not disturbed by it or by its acknowledgement', async () => {
  await using open = await openSession()
  const { session, jumpcloud } = open
  const hold = jumpcloud.levers.hold({ path: '/api/v2/usergroups' })
  const asked = jumpcloud.nextRequest(() => true)
  session.run([{ job: 'groups.list' }])
  await asked

  session.run([{ job: 'org.get' }])
  expect(await session.answer('run-00000001')).toMatchObject({ type: 'refused', error: { code: 'run_conflict' } })
  hold.release()

  expect(await session.answer('run-00000001')).toMatchObject({ type: 'done' })
  session.run([{ job: 'org.get' }])
  expect(await session.answer('run-00000001')).toMatchObject({ type: 'refused', error: { code: 'run_conflict' } })
})

test('a run id with the same bytes does a write once, while it is under way and after it was forgotten', async () => {
  await using open = await openWriter()
  const { session, jumpcloud } = open
  const write = addition(open)
  const hold = jumpcloud.levers.hold({ method: 'POST' })
  const asked = jumpcloud.nextRequest(({ method }) => method === 'POST')
  session.run([write])
  await asked

  session.run([write])
  hold.release()
  const first = await session.collect('run-00000001')
  session.run([write])
  const second = await session.collect('run-00000001')
  session.run([{ ...write, attempt: 2 }])
  const third = await session.collect('run-00000001')

  expect(first.answer).toMatchObject({ type: 'done', outcome: 'applied', attempt: 1 })
  expect(second.answer.text).toBe(first.answer.text)
  expect(third.answer).toMatchObject({ outcome: 'applied', attempt: 2, rows: first.answer.rows })
  expect(postsOf(open)).toHaveLength(1)
})

test('remembers the last ten thousand runs: the oldest is forgotten first', () => {
  const past = createPastRuns()
  const runs = Array.from({ length: 10_001 }, (_, index) => ({ id: `run-${index}`, digest: `digest of run-${index}` }))

  for (const run of runs.slice(0, -1)) past.remember(run)
  const before = past.digestOf('run-0')
  for (const run of runs.slice(-1)) past.remember(run)

  expect(before).toBe('digest of run-0')
  expect(past.digestOf('run-0')).toBeUndefined()
  expect(past.digestOf('run-1')).toBe('digest of run-1')
  expect(past.digestOf('run-10000')).toBe('digest of run-10000')
})
