import { expect, test } from 'vitest'
import { castOf, openSession } from '../../support/open-session.ts'
import { initialCredit, rowsOf } from '../../support/plane-peer-session.ts'

test('the key in what JumpCloud says is stopped on the host, and the session lives', async () => {
  await using open = await openSession()
  const { session, jumpcloud, agent } = open
  const { groupId } = castOf(jumpcloud)
  const planted = jumpcloud.levers.plantKey({ key: jumpcloud.keys.administrator, groupId, encoding: 'base64' })

  session.run([{ id: 'run-that-leaks', job: 'groups.list' }])

  expect(await session.answer('run-that-leaks')).toMatchObject({ type: 'failed', error: { code: 'leak_blocked' } })
  expect(await agent.line('leak.blocked')).toMatchObject({ secretOf: 'main' })
  planted.release()
  session.run([{ id: 'run-that-does-not', job: 'groups.list' }])
  expect(await session.answer('run-that-does-not')).toMatchObject({ type: 'done' })
  expect(session.said.map(({ text }) => text).join()).not.toContain(jumpcloud.keys.administrator)
})

test('the key in what JumpCloud says costs no credit', async () => {
  await using open = await openSession({ sizes: { users: 40, groups: 90, membersPerGroup: 0 } })
  const { session, jumpcloud } = open
  const { groupId } = castOf(jumpcloud)
  const planted = jumpcloud.levers.plantKey({ key: jumpcloud.keys.administrator, groupId, encoding: 'raw' })
  // Each would take more than a sixtieth of the credit that there is.
  for (const id of Array.from({ length: 60 }, (_, index) => `run-leak-${index}`)) {
    session.run([{ id, job: 'groups.list' }])
    expect(await session.next('failed')).toMatchObject({ run: id, error: { code: 'leak_blocked' } })
  }
  planted.release()

  session.run([{ id: 'run-of-all', job: 'groups.list' }])

  const done = await session.next('done')
  expect(done).toMatchObject({ run: 'run-of-all', rowCount: 90 })
  expect(Buffer.byteLength(rowsOf(done)) * 60).toBeGreaterThan(initialCredit)
})

test('the key does not hang the agent where the plane itself names it', async () => {
  await using open = await openSession()
  const { session, jumpcloud } = open
  const key = jumpcloud.keys.administrator

  session.run([{ id: 'run-guessing-1', job: key }])
  expect(await session.answer('run-guessing-1')).toMatchObject({ type: 'failed', error: { code: 'leak_blocked' } })
  session.run([{ id: key.slice(0, 64), job: 'org.get' }])
  session.run([{ id: 'run-afterwards', job: 'org.get' }])

  expect(await session.answer('run-afterwards')).toMatchObject({ type: 'done' })
})
