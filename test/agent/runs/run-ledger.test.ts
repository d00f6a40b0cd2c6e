import { expect, test } from 'vitest'
import { ledgerDirectory } from '../../../agent/ledger/ledger-paths.ts'
import { readEntries } from '../../../agent/ledger/read-entries.ts'
import { isSignedBy } from '../../../agent/ledger/signed-head.ts'
import { verifyLedger } from '../../../agent/ledger/verify.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { addition, castOf, type OpenSession, openSession, openWriter } from '../../support/open-session.ts'

/** Everything so far, without what binds it into the chain; the state directory is where the identity lies. */
async function entriesOf({ agent }: OpenSession) {
  await agent.ledger.durable()
  const entries = [...readEntries(ledgerDirectory(agent.stateDirectory))]
  return entries.map(({ link: { seq: _, at: __, before: ___, ...said } }) => said)
}

test('of a read it has who wanted it, the rule, each call of JumpCloud and what was sent', async () => {
  await using open = await openSession()
  const { session } = open

  session.run([{ job: 'groups.list' }])
  const done = await session.next('done')

  const run = { run: 'run-00000001', attempt: 1 }
  const digest = expect.stringMatching(/^[0-9a-f]{64}$/)
  const entries = await entriesOf(open)
  expect(entries.filter((entry) => entry.run === run.run)).toEqual([
    {
      ...{ kind: 'run.accepted', ...run, digest, job: 'groups.list', connection: 'main', requester: 'somebody' },
      ...{ doubtful: false, effect: 'read', rule: 'default: plain reads' },
    },
    {
      ...{ kind: 'jumpcloud.called', run: run.run, connection: 'main', operation: 'list groups', method: 'GET' },
      ...{ path: '/api/v2/usergroups', status: 200, code: null },
    },
    {
      ...{ kind: 'run.answered', ...run, answer: 'done', outcome: null, pages: 1, rows: done.rowCount },
      ...{ bytes: expect.any(Number), sha256: done.sha256 },
    },
  ])
  const called = entries.filter(({ kind }) => kind === 'jumpcloud.called').length
  expect(called).toBe(open.jumpcloud.requests.length)
})

test('of a write it has what was about to be changed and what became of it, on the disk before it is told', async () => {
  await using open = await openWriter()
  const { session } = open
  const { params } = addition(open)

  session.run([{ job: 'groups.members.add', params }])
  const done = await session.next('done')

  // Without waiting for it to be brought to the disk.
  const entries = [...readEntries(ledgerDirectory(open.agent.stateDirectory))].map(({ link }) => link)
  const target = params.userIds[0]
  const { groupId } = castOf(open.jumpcloud)
  expect(open.agent.ledger.head?.seq).toBeGreaterThanOrEqual(
    entries.find(({ kind }) => kind === 'run.answered')?.seq ?? 0,
  )
  expect(entries).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ kind: 'change.intended', target }),
      expect.objectContaining({
        kind: 'jumpcloud.called',
        method: 'POST',
        path: `/api/v2/usergroups/${groupId}/members`,
        status: 204,
      }),
      expect.objectContaining({ kind: 'change.settled', target, outcome: 'applied' }),
      expect.objectContaining({ kind: 'run.answered', outcome: 'applied', sha256: done.sha256 }),
    ]),
  )
})

test('of a long read it has each page that left', async () => {
  await using open = await openSession({ sizes: { users: 900 } })
  const { session } = open

  session.run([{ job: 'users.list' }])
  const done = await session.answer('run-00000001')

  const pages = (await entriesOf(open)).filter(({ kind }) => kind === 'page.sent')
  expect(pages.map(({ page }) => page)).toEqual(pages.map((_, index) => index))
  expect(pages.length).toBe(done.pages)
  expect(pages.at(-1)?.sha256).toBe(done.sha256)
})

test('of a refusal it has the rule', async () => {
  await using open = await openWriter()
  const { dynamicId } = castOf(open.jumpcloud)
  const params = { groupId: dynamicId, userIds: castOf(open.jumpcloud).outsiders.slice(0, 1) }

  open.session.run([{ job: 'groups.members.add', params }])
  const error = Object(await open.session.next('refused')).error

  expect(await entriesOf(open)).toContainEqual(
    expect.objectContaining({ kind: 'run.refused', code: 'policy_denied', rule: error.rule, requester: 'somebody' }),
  )
})

test('of a batch that cannot be believed it has which it was and why', async () => {
  await using open = await openSession()

  open.session.run([{ job: 'org.get' }], { payload: { nonce: 'n'.repeat(43) } })
  const { batch } = await open.session.next('refused')

  expect(await entriesOf(open)).toContainEqual({ kind: 'batch.refused', batch, code: 'batch_wrong_session' })
})

test('tells the plane a head that is signed, when something happened', async () => {
  const clock = createFakeClock()
  await using open = await openSession({ clock })
  const { agent, session } = open
  session.run([{ job: 'org.get' }])
  await session.next('done')
  await agent.ledger.durable()

  await agent.ledger.seal()

  let ledger: { seq: number; hash: string; signature: string } | undefined
  while (ledger === undefined) ledger = Object(await session.next('state')).ledger
  const { agent: name, replica, key } = await agent.identityFile.read()
  const { signature, ...head } = ledger
  expect(isSignedBy(key.x, { agent: name, replica, head, signature })).toBe(true)
})

test('holds no row, no query and no secret, and is whole when the agent has stopped', async () => {
  await using open = await openSession()
  const { session, agent, jumpcloud } = open
  session.run([{ job: 'users.list', params: { where: { email: 'secretly@example.com' } } }])
  session.run([{ id: 'run-of-a-group', job: 'groups.list' }])
  await session.answer('run-00000001')
  await session.answer('run-of-a-group')

  await agent.daemon.stop()

  const text = [...readEntries(ledgerDirectory(agent.stateDirectory))].map((entry) => entry.text).join('\n')
  const { key } = await agent.identityFile.read()
  expect(text).not.toContain(jumpcloud.keys.administrator)
  expect(text).not.toContain('secretly')
  for (const { name } of jumpcloud.tenant.groups.all) expect(text).not.toContain(name)
  const directory = ledgerDirectory(agent.stateDirectory)
  expect(verifyLedger({ directory, publicKey: key.x, heads: [] })).toMatchObject({ fault: undefined, tornBytes: 0 })
  const kinds = [...readEntries(directory)].map(({ link }) => link.kind)
  expect(kinds[0]).toBe('agent.started')
  expect(kinds.slice(-3)).toEqual(['session.closed', 'agent.stopped', 'ledger.head'])
})
