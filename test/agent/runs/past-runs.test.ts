import add from '@sallyport/protocol/jobs/groups-members-add'
import { expect, test } from 'vitest'
import { HeldRun } from '../../../agent/runs/held-run.ts'
import { createPastRuns } from '../../../agent/runs/past-runs.ts'
import { addition, openSession, openWriter, postsOf } from '../../support/open-session.ts'
import { orderOf } from '../../support/run-order.ts'

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

test('remembers the last ten thousand runs: the oldest is forgotten first, its answer too', () => {
  const past = createPastRuns()
  const runs = Array.from({ length: 10_001 }, (_, index) => answeredWrite(`run-${index}`))

  for (const run of runs.slice(0, -1)) past.remember(run)
  const before = past.digestOf('run-0')
  for (const run of runs.slice(-1)) past.remember(run)

  expect(before).toBe('digest of run-0')
  expect([past.digestOf('run-0'), past.writeOf('run-0')]).toEqual([undefined, undefined])
  expect([past.digestOf('run-1'), past.writeOf('run-1')]).toEqual(['digest of run-1', runs[1]])
  expect(past.digestOf('run-10000')).toBe('digest of run-10000')
})

function answeredWrite(id: string) {
  const text = { id, job: 'groups.members.add', connection: 'main', params: {}, requester: 'somebody' }
  const order = orderOf(text, { digest: `digest of ${id}` })
  const run = new HeldRun(order, { wallAt: 0, monotonicAt: 0 }, () => {})
  run.admit({ job: 'groups.members.add', effect: 'write', contract: add, params: {}, connection: 'main' })
  run.output.finish({ type: 'done', outcome: 'applied' })
  return run
}
