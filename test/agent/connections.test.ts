import { chmod, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { type OpenSession, openSession } from '../support/open-session.ts'
import { until } from '../support/until.ts'

/** `ttlMs`: how long it waits for a credential. */
async function runOf({ session }: OpenSession, id: string, ttlMs = 300_000) {
  session.run([{ id, job: 'org.get', ttlMs }])
  return await session.answer(id)
}

const stateOf = async ({ session }: OpenSession) => (await session.next('state')).connections

test('tells that a connection works once it did', async () => {
  await using open = await openSession()
  expect(open.session.body.connections).toEqual([{ name: 'main', state: 'unproven' }])

  await runOf(open, 'run-first-1')
  expect(await stateOf(open)).toEqual([{ name: 'main', state: 'ready' }])
  await runOf(open, 'run-first-2')

  expect(open.session.unread('state')).toEqual([])
})

const nothing = undefined

test.each([
  { what: 'no file', key: nothing, says: 'there is no such file' },
  { what: 'an empty file', key: '', says: 'there is nothing in it' },
  { what: 'two values', key: 'one two', says: 'white space inside' },
  { what: 'a newline in the middle', key: 'jca_abcdefgh\nijklmnopqrstuv', says: 'white space inside' },
  { what: 'letters of another script', key: 'jca_аbcdefghijklmnopqrst', says: 'not ASCII' },
])('fails runs as credential_missing with $what, and says in the log alone what is wrong', async ({ key, says }) => {
  await using open = await openSession({ key })
  expect(open.session.body.connections).toEqual([{ name: 'main', state: 'credential_missing' }])

  const answer = await runOf(open, 'run-without-key')

  expect(answer).toMatchObject({ type: 'failed', error: { code: 'credential_missing' } })
  expect(JSON.stringify(answer.error)).not.toContain(open.agent.keyFile)
  const line = await open.agent.line('credential.missing')
  expect(JSON.stringify(line)).toContain(says)
  expect(JSON.stringify(line)).toContain(open.agent.keyFile)
  expect(open.jumpcloud.requests).toEqual([])
})

test('works on with the next run after a missing key was put there', async () => {
  await using open = await openSession({ key: undefined })
  await runOf(open, 'run-without-key')

  await writeFile(open.agent.keyFile, open.jumpcloud.keys.administrator, { mode: 0o600 })

  expect(await runOf(open, 'run-with-key-1')).toMatchObject({ type: 'done' })
  expect(await stateOf(open)).toEqual([{ name: 'main', state: 'unproven' }])
  expect(await stateOf(open)).toEqual([{ name: 'main', state: 'ready' }])
})

test('refuses a file that others on the host can read, until that is mended', async () => {
  await using open = await openSession({ key: undefined })
  await writeFile(open.agent.keyFile, open.jumpcloud.keys.readOnly)
  await chmod(open.agent.keyFile, 0o644)

  expect(await runOf(open, 'run-readable-1')).toMatchObject({ error: { code: 'credential_missing' } })
  await chmod(open.agent.keyFile, 0o600)

  expect(await runOf(open, 'run-readable-2')).toMatchObject({ type: 'done' })
})

test('takes a key as people paste it', async () => {
  await using open = await openSession({ key: undefined })
  const key = open.jumpcloud.keys.administrator

  await writeFile(open.agent.keyFile, `\uFEFF  "${key.slice(0, 5)}\u200B${key.slice(5)}" \r\n`, { mode: 0o600 })

  expect(await runOf(open, 'run-pasted-1')).toMatchObject({ type: 'done' })
  expect(JSON.stringify(await open.agent.line('credential.note'))).toContain('byte order mark')
})

test('tells a rejected key apart, and works on as soon as another is in its place', async () => {
  await using open = await openSession({ key: 'jca_thisKeyIsNotKnownToAnybody00' })

  expect(await runOf(open, 'run-rejected-1', 400)).toMatchObject({ error: { code: 'credential_rejected' } })
  expect(await stateOf(open)).toEqual([{ name: 'main', state: 'credential_rejected' }])
  await writeFile(open.agent.keyFile, open.jumpcloud.keys.administrator)

  expect(await runOf(open, 'run-mended-1')).toMatchObject({ type: 'done' })
  expect(await stateOf(open)).toEqual([{ name: 'main', state: 'ready' }])
})

test('notices a key that dies while it is in use, and guards the old and the new one', async () => {
  await using open = await openSession()
  const { jumpcloud, session, agent } = open
  await runOf(open, 'run-before-1')
  jumpcloud.levers.revokeKey({ key: jumpcloud.keys.administrator })
  expect(await runOf(open, 'run-dead-1', 400)).toMatchObject({ error: { code: 'credential_rejected' } })
  await writeFile(agent.keyFile, jumpcloud.keys.readOnly)
  expect(await runOf(open, 'run-after-1')).toMatchObject({ type: 'done' })

  for (const key of [jumpcloud.keys.administrator, jumpcloud.keys.readOnly]) {
    const groupId = jumpcloud.tenant.groups.all[0]?.id ?? ''
    const planted = jumpcloud.levers.plantKey({ key, groupId, encoding: 'raw' })
    const id = `run-planted-${key === jumpcloud.keys.readOnly}`
    session.run([{ id, job: 'groups.list' }])
    expect(await session.answer(id)).toMatchObject({ error: { code: 'leak_blocked' } })
    planted.release()
  }
})

test('tells in the next session what changed while there was none', async () => {
  await using open = await openSession()
  const { session, plane, jumpcloud, agent } = open
  const hold = jumpcloud.levers.hold({})
  const asked = jumpcloud.nextRequest(() => true)
  session.run([{ job: 'org.get' }])
  await asked
  const { promise: welcomed, resolve: welcome } = Promise.withResolvers<void>()
  plane.levers.welcome = (honest) => {
    hold.release()
    welcome()
    return honest
  }

  session.cut()
  const later = await plane.session()
  await welcomed
  await later.answer('run-00000001')
  await until(() => agent.lines.some(({ event }) => event === 'connection.state'))

  expect(later.body.connections).toEqual([{ name: 'main', state: 'unproven' }])
  expect(await later.next('state')).toMatchObject({ connections: [{ name: 'main', state: 'ready' }] })
})

test.each(['refuse', 'first'] as const)(
  'does nothing with a key of several organisations while none is named, where JumpCloud would %s',
  async (withoutOrganization) => {
    const sizes = { organizations: 2, dialect: { withoutOrganization } }
    await using open = await openSession({ key: undefined, sizes })
    const { session, jumpcloud, agent } = open
    await writeFile(agent.keyFile, jumpcloud.keys.multiTenant, { mode: 0o600 })

    session.run([{ id: 'run-groups-1', job: 'groups.list' }])
    const answer = await session.answer('run-groups-1')

    expect(answer).toMatchObject({ type: 'failed', error: { code: 'organisation_ambiguous' } })
    const line = JSON.stringify(await agent.line('credential.organisation'))
    for (const { id } of jumpcloud.tenants) {
      expect(JSON.stringify(answer)).not.toContain(id)
      expect(line).toContain(id)
    }
    expect(jumpcloud.requests.map(({ path }) => path)).not.toContain('/api/v2/usergroups')
    expect(agent.lines.at(-1)).not.toMatchObject({ state: 'credential_rejected' })
  },
)

test('asks which organisation a key sees once, not before every run', async () => {
  await using open = await openSession()
  const { session, jumpcloud } = open

  for (const id of ['run-groups-1', 'run-groups-2', 'run-groups-3']) {
    session.run([{ id, job: 'groups.list' }])
    expect(await session.answer(id)).toMatchObject({ type: 'done' })
  }

  const asked = jumpcloud.requests.filter(({ path }) => path === '/api/organizations')
  expect(asked).toHaveLength(1)
})

test('goes on where the role may not list organisations', async () => {
  await using open = await openSession()
  const { session, jumpcloud } = open
  jumpcloud.levers.answerStatus({ path: '/api/organizations', status: 403 })

  session.run([{ id: 'run-groups-1', job: 'groups.list' }])

  expect(await session.answer('run-groups-1')).toMatchObject({ type: 'done' })
})

test('works with a service account, and asks for one token for many runs', async () => {
  const main = ({ keyFile }: { readonly keyFile: string }) => ({
    credential: { kind: 'service_account', clientId: 'service-account', file: keyFile },
  })
  await using open = await openSession({ key: undefined, main })
  const { jumpcloud, agent, session } = open
  await writeFile(agent.keyFile, jumpcloud.serviceAccount.clientSecret, { mode: 0o600 })

  for (const id of ['run-groups-1', 'run-groups-2']) {
    session.run([{ id, job: 'groups.list' }])
    expect(await session.answer(id)).toMatchObject({ type: 'done' })
  }

  const used = jumpcloud.requests.filter(({ path }) => path === '/api/v2/usergroups')
  expect(new Set(used.map(({ keyId }) => keyId))).toEqual(new Set(['service-account']))
})
