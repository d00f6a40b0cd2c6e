import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { addition, type OpenSession, openWriter, postsOf } from '../../support/open-session.ts'
import { until } from '../../support/until.ts'

const withWriter = { main: ({ writerFile }: { readonly writerFile: string }) => ({ writer: { file: writerFile } }) }

const openBoth = async (key: (open: OpenSession) => string | undefined) => {
  const open = await openWriter({ sizes: { organizations: 2 }, key: undefined, ...withWriter })
  const { jumpcloud, agent } = open
  // The one that reads may not write.
  await writeFile(agent.keyFile, jumpcloud.keys.readOnly, { mode: 0o600 })
  const text = key(open)
  if (text !== undefined) await writeFile(agent.writerFile, text, { mode: 0o600 })
  return open
}

async function add(open: OpenSession) {
  open.session.run([{ id: 'run-write-1', ...addition(open) }])
  return await open.session.answer('run-write-1')
}

/** Whose credential was used for what; what was asked to prove the organisation is left out. */
const keysOf = ({ jumpcloud }: OpenSession, method: string) => {
  const requests = jumpcloud.requests.filter((one) => one.method === method && one.path !== '/api/organizations')
  return [...new Set(requests.map(({ keyId }) => keyId))]
}

test('opens the credential for changes when there is one to make, and uses it for nothing else', async () => {
  await using open = await openBoth(({ jumpcloud }) => jumpcloud.keys.administrator)
  open.session.run([{ id: 'run-read-1', job: 'groups.list' }])
  await open.session.answer('run-read-1')
  expect(open.jumpcloud.requests.map(({ keyId }) => keyId)).not.toContain('administrator')

  const answer = await add(open)

  expect(answer).toMatchObject({ type: 'done', outcome: 'applied' })
  expect(keysOf(open, 'GET')).toEqual(['read-only'])
  expect(keysOf(open, 'POST')).toEqual(['administrator'])
})

test('changes nothing with a credential of another organisation', async () => {
  await using open = await openBoth(
    ({ jumpcloud }) => jumpcloud.issue({ organizationIds: [jumpcloud.tenants[1]?.id ?? ''] }).secret,
  )

  const answer = await add(open)

  expect(answer).toMatchObject({ type: 'failed', outcome: 'not_applied', error: { code: 'organisation_unknown' } })
  expect(postsOf(open)).toEqual([])
})

test('reads on where the credential for changes is not there', async () => {
  await using open = await openBoth(() => undefined)

  expect(await add(open)).toMatchObject({
    type: 'failed',
    outcome: 'not_applied',
    error: { code: 'credential_missing' },
  })
  open.session.run([{ id: 'run-read-1', job: 'groups.list' }])
  expect(await open.session.answer('run-read-1')).toMatchObject({ type: 'done' })
  const isTold = async () =>
    JSON.stringify(await open.session.next('state')).includes('"writer":{"state":"credential_missing"}')
  await until(isTold)
})

test('tells the control plane that JumpCloud refuses the credential for changes, and that the other one works', async () => {
  await using open = await openBoth(({ jumpcloud }) => jumpcloud.keys.administrator)
  const { session, jumpcloud } = open
  session.run([{ id: 'run-first', job: 'groups.list' }])
  await session.answer('run-first')
  await until(async () => JSON.stringify(await session.next('state')).includes('"ready","writer":{"state":"unproven"}'))
  jumpcloud.levers.revokeKey({ key: jumpcloud.keys.administrator })

  session.run([{ id: 'run-write', ...addition(open), ttlMs: 400 }])

  await until(async () =>
    JSON.stringify(await session.next('state')).includes('"writer":{"state":"credential_rejected"}'),
  )
  session.run([{ id: 'run-second', job: 'groups.list' }])
  expect(await session.answer('run-second')).toMatchObject({ type: 'done' })
})
