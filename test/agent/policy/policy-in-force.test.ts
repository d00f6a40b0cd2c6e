import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { z } from 'zod'
import { openPanic } from '../../../agent/policy/panic.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import type { JumpCloud } from '../../support/jumpcloud/start.ts'
import { addition, castOf, type OpenSession, openSession, postsOf, writerPolicy } from '../../support/open-session.ts'
import { until } from '../../support/until.ts'

const nameOf = (jumpcloud: JumpCloud) => jumpcloud.tenant.groups.get(castOf(jumpcloud).groupId)?.name ?? ''
const byName = (jumpcloud: JumpCloud) =>
  writerPolicy(jumpcloud).replace(castOf(jumpcloud).groupId, JSON.stringify(nameOf(jumpcloud)))

const [lookMs, settleMs] = [3000, 1500]

/** What was written is seen, and seen again. */
async function settle(clock: FakeClock): Promise<void> {
  await clock.advance(lookMs)
  await clock.asleep(settleMs)
  await clock.advance(settleMs)
}
const anewMs = 10 * 60_000

async function answerTo(open: OpenSession, id: string, part: object = addition(open)) {
  open.session.run([{ ...addition(open), ...part, id }])
  return await open.session.answer(id)
}

/** Somebody at JumpCloud gives another group the name. */
function renameAnother({ tenant }: JumpCloud, { id, name }: { id: string; name: string }): string {
  const other = tenant.groups.all.find((one) => !tenant.isDynamic(one) && one.id !== id && one.name !== 'All Users')
  if (other === undefined) throw new Error('there is no other group')
  tenant.groups.replace({ ...other, name })
  return other.id
}

test('a group is allowed by its name, which is pinned to its id', async () => {
  await using open = await openSession({ policy: byName, watchesPolicy: true })

  expect(await answerTo(open, 'run-by-name')).toMatchObject({ type: 'done', outcome: 'applied' })
  expect(JSON.parse(await readFile(join(open.agent.stateDirectory, 'pins.json'), 'utf8'))).toEqual({
    version: 1,
    connections: { main: { groups: { [nameOf(open.jumpcloud)]: castOf(open.jumpcloud).groupId } } },
  })
})

test('a group that is renamed into an allowed name gains nothing', async () => {
  const clock = createFakeClock()
  await using open = await openSession({ policy: byName, watchesPolicy: true, clock })
  const { jumpcloud, agent } = open
  const { groupId, outsiders } = castOf(jumpcloud)
  const name = nameOf(jumpcloud)
  const group = jumpcloud.tenant.groups.get(groupId)
  if (group === undefined) throw new Error('there is no group')
  jumpcloud.tenant.groups.replace({ ...group, name: 'Renamed' })
  const otherId = renameAnother(jumpcloud, { id: groupId, name })
  const params = { groupId: otherId, userIds: outsiders.slice(0, 1) }

  expect(await answerTo(open, 'run-before-looking', { params })).toMatchObject({ error: { code: 'policy_denied' } })
  await clock.advance(anewMs)
  await agent.line(
    'policy.pin',
    agent.lines.findIndex(({ event }) => event === 'session.opened'),
  )

  expect(await answerTo(open, 'run-after-looking', { params })).toMatchObject({
    error: { code: 'policy_denied', message: expect.stringContaining(`belongs to ${otherId} now`) },
  })
  expect(await answerTo(open, 'run-on-the-pinned', { params: { ...params, groupId } })).toMatchObject({
    error: { code: 'policy_denied' },
  })
  expect(postsOf(open)).toEqual([])
})

test('a name that two groups have allows neither', async () => {
  const policy = (jumpcloud: JumpCloud) => {
    const text = byName(jumpcloud)
    renameAnother(jumpcloud, { id: castOf(jumpcloud).groupId, name: nameOf(jumpcloud) })
    return text
  }
  await using open = await openSession({ policy, watchesPolicy: true })

  expect(await answerTo(open, 'run-by-name')).toMatchObject({
    type: 'refused',
    error: {
      rule: 'policy.yaml connections.main.groups.allow',
      message: expect.stringContaining('belongs to 2 groups'),
    },
  })
})

test('a name that could not be looked up is refused with that reason, and is looked up again', async () => {
  const clock = createFakeClock()
  const policy = (jumpcloud: JumpCloud) => {
    jumpcloud.levers.answerStatus({ path: '/api/v2/usergroups', status: 403, count: 1 })
    return byName(jumpcloud)
  }
  await using open = await openSession({ policy, watchesPolicy: true, clock })

  expect(await answerTo(open, 'run-too-early')).toMatchObject({
    error: { code: 'policy_denied', message: expect.stringContaining('could not be looked up yet') },
  })
  const before = open.agent.lines.length
  await clock.advance(30_000)
  await open.agent.line('policy.pin', before)
  // By now its session is old to the fake clock, and nothing is sent so late; the policy let it through.
  expect(await answerTo(open, 'run-in-time')).toMatchObject({ type: 'done', rows: [{ reason: 'not_sent' }] })
})

test('a host without a credential starts all the same, and refuses writes on a name', async () => {
  await using open = await openSession({
    ...{ policy: byName, watchesPolicy: true, key: undefined },
    clock: createFakeClock(),
  })

  expect(await answerTo(open, 'run-by-name')).toMatchObject({
    error: { code: 'policy_denied', message: expect.stringContaining('could not be looked up yet') },
  })
})

test('a changed file takes effect, and the plane is told; an invalid one changes nothing', async () => {
  const clock = createFakeClock()
  await using open = await openSession({ policy: writerPolicy, watchesPolicy: true, clock })
  const { agent, session } = open

  await writeFile(agent.policyFile, 'version: 1\nconnections: {main: {alow: []}}\n')
  await clock.advance(lookMs)
  const told = await agent.line('policy.invalid')
  expect(JSON.stringify(told)).toContain('policy.yaml:2:22')
  expect(agent.daemon.status()).toMatchObject({
    policy: { flaw: expect.stringContaining('policy.yaml:2:22') },
    warnings: [expect.stringContaining('the policy before it stays in force')],
  })
  expect(await answerTo(open, 'run-by-the-old')).toMatchObject({ type: 'done' })

  await writeFile(agent.policyFile, 'version: 1\nconnections: {main: {allow: [org.get]}}\n')
  await settle(clock)
  await agent.line('policy.changed')
  expect(agent.daemon.status().warnings).toEqual([])
  await until(() => session.unread('state').some(({ jobs }) => JSON.stringify(jobs) === '["org.get"]'))
  expect(await answerTo(open, 'run-by-the-new')).toMatchObject({ error: { code: 'policy_denied' } })
  expect(await answerTo(open, 'run-that-is-allowed', { job: 'org.get', params: {} })).toMatchObject({ type: 'done' })
})

test('a run that waits is decided by the policy that came meanwhile', async () => {
  const clock = createFakeClock()
  await using open = await openSession({ policy: writerPolicy, watchesPolicy: true, clock })
  const { agent, session, jumpcloud } = open
  const hold = jumpcloud.levers.hold({ path: '/api/organizations' })
  const asked = jumpcloud.nextRequest(() => true)
  const places = Array.from({ length: 64 }, (_, index) => ({ id: `run-in-place-${index}`, job: 'org.get' }))
  session.run(places)
  await asked
  session.run([{ ...addition(open), id: 'run-that-waits', ttlMs: 60_000 }])
  expect(await session.next('accepted')).toMatchObject({ run: 'run-that-waits' })

  await writeFile(agent.policyFile, 'version: 1\nconnections: {main: {allow: [org.get]}}\n')
  await settle(clock)
  await agent.line('policy.changed')
  hold.release()

  expect(await session.answer('run-that-waits')).toMatchObject({ type: 'refused', error: { code: 'policy_denied' } })
  expect(await session.answer('run-in-place-63')).toMatchObject({ type: 'done' })
  expect(postsOf(open)).toEqual([])
})

test('a panic denies at once, ends reads that are under way, and is over when it is lifted', async () => {
  const clock = createFakeClock()
  await using open = await openSession({ policy: writerPolicy, watchesPolicy: true, clock })
  const { agent, session, jumpcloud } = open
  const panic = openPanic(agent.stateDirectory)
  const hold = jumpcloud.levers.hold({ path: '/api/organizations' })
  const asked = jumpcloud.nextRequest(() => true)
  session.run([{ id: 'run-under-way', job: 'org.get' }])
  await asked

  panic.raise()
  expect(await answerTo(open, 'run-in-panic')).toMatchObject({ type: 'refused', error: { rule: 'panic' } })
  await clock.advance(500)
  expect(await session.answer('run-under-way')).toMatchObject({ type: 'failed', error: { rule: 'panic' } })
  hold.release()
  panic.lift()

  expect(await answerTo(open, 'run-afterwards')).toMatchObject({ type: 'done', outcome: 'applied' })
})

test('a panic between the look before and the change stops the change', async () => {
  await using open = await openSession({ policy: writerPolicy, watchesPolicy: true, clock: createFakeClock() })
  const { agent, session, jumpcloud } = open
  const { outsiders } = castOf(jumpcloud)
  const hold = jumpcloud.levers.hold({ path: `/api/v2/users/${outsiders[0]}/memberof` })
  const asked = jumpcloud.nextRequest(({ path }) => path.endsWith('/memberof'))
  session.run([{ ...addition(open), id: 'run-under-way' }])
  await asked

  openPanic(agent.stateDirectory).raise()
  hold.release()

  expect(await session.answer('run-under-way')).toMatchObject({
    ...{ type: 'done', outcome: 'not_applied' },
    rows: [{ outcome: 'not_applied', reason: 'not_sent' }],
  })
  expect(postsOf(open)).toEqual([])
})

test('rows leave without what the policy drops, and with a hash of what it hashes', async () => {
  const policy = () =>
    'version: 1\nconnections: {main: {allow: [users.list], fields: {drop: [email], hash: [username]}}}\n'
  await using open = await openSession({ policy, watchesPolicy: true, clock: createFakeClock() })
  const [user] = open.jumpcloud.tenant.users.all

  open.session.run([{ id: 'run-of-all', job: 'users.list' }])
  const { rows: told } = await open.session.collect('run-of-all')
  const rows = z.array(z.record(z.string(), z.unknown())).parse(told)
  const refused = await answerTo(open, 'run-by-name', { job: 'users.list', params: { where: { username: 'x' } } })

  expect(rows).toHaveLength(open.jumpcloud.tenant.users.all.length)
  expect(rows.find((row) => row.id === user?.id)).not.toHaveProperty('email')
  for (const { username } of rows) expect(username).toMatch(/^hmac-sha256:/)
  expect(new Set(rows.map(({ username }) => username)).size).toBe(rows.length)
  expect(refused).toMatchObject({ error: { rule: 'policy.yaml connections.main.fields.hash' } })
})

test('takes a policy file that is made after the start, and keeps to it where the file is gone again', async () => {
  const clock = createFakeClock()
  await using open = await openSession({ watchesPolicy: true, clock })
  const { agent, session } = open
  const listing = { job: 'users.list', params: {} }
  expect(await answerTo(open, 'run-without-file', listing)).toMatchObject({ type: 'done' })

  await writeFile(agent.policyFile, 'version: 1\nconnections: {main: {allow: [org.get]}}\n')
  await settle(clock)
  await agent.line('policy.changed')
  expect(await answerTo(open, 'run-with-file', listing)).toMatchObject({ error: { code: 'policy_denied' } })
  await until(async () => JSON.stringify((await session.next('state')).jobs) === '["org.get"]')

  await rm(agent.policyFile)
  await clock.advance(lookMs)
  await agent.line('policy.invalid')
  expect(await answerTo(open, 'run-without-it-again', listing)).toMatchObject({ error: { code: 'policy_denied' } })
})
