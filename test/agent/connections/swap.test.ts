import { writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { createFakeClock } from '../../support/fake-clock.ts'
import { type OpenSession, openSession } from '../../support/open-session.ts'
import { until } from '../../support/until.ts'

const lookMs = 3000

async function openSwapping(organizations = 1) {
  const clock = createFakeClock()
  const open = await openSession({ clock, sizes: { organizations } })
  return { ...open, clock, [Symbol.asyncDispose]: () => open[Symbol.asyncDispose]() }
}
type Swapping = Awaited<ReturnType<typeof openSwapping>>

/** A hundred a second for so long; what they come to. */
async function runsFor({ session, clock }: Swapping, phase: string, ms: number) {
  const ids: string[] = []
  for (let passedMs = 0; passedMs < ms; passedMs += 10) {
    const id = `run-${phase}-${passedMs}`
    session.run([{ id, job: 'org.get' }])
    ids.push(id)
    await clock.advance(10)
  }
  return () => Promise.all(ids.map((id) => session.answer(id)))
}

const newKey = ({ jumpcloud }: Pick<OpenSession, 'jumpcloud'>) => jumpcloud.issue({ name: 'new' }).secret
const isUsed = ({ jumpcloud }: OpenSession) => jumpcloud.requests.some(({ keyId }) => keyId === 'new')
const look = async (open: Swapping) => {
  await open.clock.advance(lookMs)
}

/** What it comes to, while time goes on: who looks for another key, or waits to try again, does so by the clock. */
async function asTimeGoesOn<Value>({ clock }: Swapping, coming: Promise<Value>): Promise<Value> {
  const over = coming.then(
    () => true,
    () => true,
  )
  const roundMs = 100
  for (let passedMs = 0; passedMs < 60_000; passedMs += roundMs) {
    // Time enough for a real file and real sockets.
    const round = new Promise<false>((resolve) => turns(100, () => resolve(false)))
    if (await Promise.race([over, round])) break
    await clock.advance(roundMs)
  }
  return await coming
}

function turns(count: number, then: () => void): void {
  setImmediate(() => (count === 0 ? then() : turns(count - 1, then)))
}

test('replaces a key in its file under a hundred runs a second, and none of them fails', async () => {
  await using open = await openSwapping()
  const before = await runsFor(open, 'before', 500)

  await writeFile(open.agent.keyFile, newKey(open))
  const during = await runsFor(open, 'during', 3500)
  await open.agent.line('credential.taken')
  const after = await runsFor(open, 'after', 200)

  const answers = (await Promise.all([before(), during(), after()])).flat()
  expect(answers.filter(({ type }) => type !== 'done')).toEqual([])
  expect(open.jumpcloud.requests.at(-1)?.keyId).toBe('new')
})

test('lets runs wait while the key is revoked, and go on by themselves with the next one', async () => {
  await using open = await openSwapping()
  const { jumpcloud, agent, session } = open
  const before = await runsFor(open, 'before', 200)
  await before()
  jumpcloud.levers.revokeKey({ key: jumpcloud.keys.administrator })

  const without = await runsFor(open, 'without', 5000)
  // What changes in one turn is told together.
  await until(async () => JSON.stringify(await session.next('state')).includes('"credential_rejected"'))
  const refusedCount = jumpcloud.requests.filter(({ status }) => status === 401).length
  await writeFile(agent.keyFile, newKey(open))
  await look(open)

  const answers = await asTimeGoesOn(open, without())
  expect(answers.filter(({ type }) => type !== 'done')).toEqual([])
  expect(await agent.line('run.parked')).toBeDefined()
  // Those that were under way together, and the same key tried again now and then.
  expect(refusedCount).toBeLessThan(20)
})

test('fails a run whose time is over, and says since when and what mends it', async () => {
  await using open = await openSwapping()
  open.jumpcloud.levers.revokeKey({ key: open.jumpcloud.keys.administrator })
  open.session.run([{ id: 'run-parked-1', job: 'groups.list', ttlMs: 60_000 }])
  await open.agent.line('run.parked')

  await open.clock.advance(60_000)

  expect(await open.session.answer('run-parked-1')).toMatchObject({
    type: 'failed',
    error: {
      code: 'credential_rejected',
      message: expect.stringMatching(/since 20\d\d-.*sallyport token set main/),
    },
  })
})

test.each([
  ['that JumpCloud does not take', () => 'jca_0123456789abcdefghijklmnopqrstuv', 'credential_rejected'],
  [
    'of another organisation',
    ({ jumpcloud }: OpenSession) =>
      jumpcloud.issue({ name: 'new', organizationIds: [jumpcloud.tenants[1]?.id ?? ''] }).secret,
    'organisation_unknown',
  ],
  ['that is no key', () => 'two words', 'secret_invalid'],
])('keeps the old key where the new one is one %s, and raises an alarm', async (_, make, code) => {
  await using open = await openSwapping(2)
  const { session, agent, jumpcloud } = open
  session.run([{ id: 'run-before-1', job: 'org.get' }])
  await session.answer('run-before-1')

  await writeFile(agent.keyFile, make(open))
  await look(open)
  const alarm = await agent.line('credential.alarm')
  session.run([{ id: 'run-after-1', job: 'groups.list' }])

  expect(JSON.stringify(alarm)).toContain(code)
  expect(await session.answer('run-after-1')).toMatchObject({ type: 'done' })
  expect(jumpcloud.requests.at(-1)?.keyId).toBe('administrator')
  await until(async () => JSON.stringify(await session.next('state')).includes('"alarm":true'))
})

test('asks whose the old key is before a new one takes over, where no run did that yet', async () => {
  await using open = await openSwapping(2)
  const { agent, jumpcloud, session } = open
  const organizationIds = [jumpcloud.tenants[1]?.id ?? '']

  await writeFile(agent.keyFile, jumpcloud.issue({ name: 'new', organizationIds }).secret)
  await look(open)
  const alarm = await agent.line('credential.alarm')
  session.run([{ id: 'run-after-1', job: 'org.get' }])

  expect(JSON.stringify(alarm)).toContain('organisation_unknown')
  expect(await session.answer('run-after-1')).toMatchObject({ type: 'done' })
  expect(jumpcloud.requests.at(-1)?.keyId).toBe('administrator')
})

test('takes the same key again once JumpCloud does', async () => {
  await using open = await openSwapping()
  const { session, jumpcloud, clock, agent } = open
  const refusing = jumpcloud.levers.answerStatus({ status: 401 })
  session.run([{ id: 'run-refused-1', job: 'org.get' }])
  await agent.line('run.parked')

  expect(await session.next('parked')).toMatchObject({ run: 'run-refused-1', attempt: 1 })

  refusing.release()
  await clock.advance(lookMs)
  expect(await session.next('accepted')).toMatchObject({ run: 'run-refused-1' })

  expect(await session.answer('run-refused-1')).toMatchObject({ type: 'done' })
  expect(isUsed(open)).toBe(false)
})

test('says in each session again that a run waits for a credential, and that it goes on', async () => {
  await using open = await openSwapping()
  const { session, jumpcloud, clock, plane } = open
  const refusing = jumpcloud.levers.answerStatus({ status: 401 })
  session.run([{ id: 'run-refused-1', job: 'org.get' }])
  await session.next('parked')

  session.cut()
  const second = await plane.session()
  expect(await second.next('parked')).toMatchObject({ run: 'run-refused-1', attempt: 1 })
  const held = jumpcloud.levers.hold({ path: '/api/organizations' })
  refusing.release()
  await clock.advance(lookMs)
  second.cut()
  const third = await plane.session()

  held.release()
  expect(await third.next('accepted')).toMatchObject({ run: 'run-refused-1', attempt: 1 })
  expect(await third.answer('run-refused-1')).toMatchObject({ type: 'done' })
})

test('fails a call that is refused although the key is good, instead of waiting for another key', async () => {
  await using open = await openSwapping()
  const { session, jumpcloud, clock, agent } = open
  jumpcloud.levers.answerStatus({ status: 401, path: '/api/v2/usergroups' })
  session.run([{ id: 'run-refused-1', job: 'groups.list' }])
  await agent.line('run.parked')

  await clock.advance(lookMs)

  expect(await session.answer('run-refused-1')).toMatchObject({ error: { code: 'credential_rejected' } })
})
