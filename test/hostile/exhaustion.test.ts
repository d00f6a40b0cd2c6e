// Who wants the host to run out of something: memory, places, requests, or lines in its log.

import { expect } from 'vitest'
import { collectedHeapBytes } from '../chaos/left-behind.ts'
import { attack, attacks } from '../support/attack.ts'
import type { Ground } from '../support/hostile-ground.ts'
import type { PlaneSession } from '../support/plane-peer-session.ts'
import { until } from '../support/until.ts'

const MiB = 1024 * 1024

/** In batches, as large as one may be. */
function floodRuns(session: PlaneSession, count: number, part: object, atOnce = 64): void {
  for (let first = 0; first < count; first += atOnce) {
    const runs = Array.from({ length: Math.min(atOnce, count - first) }, (_, index) => first + index)
    session.run(runs.map((number) => ({ job: 'org.get', ...part, id: `run-of-the-flood-${number}` })))
  }
}

/** In a new session, where the plane says that it wants nothing of what is held. */
async function giveUp({ plane, session, comeBack }: Ground): Promise<void> {
  plane.levers.welcome = (honest) => ({ ...honest, held: [] })
  session.cut()
  await comeBack()
}

attack('five thousand reads at once, none of which is acknowledged', async (ground) => {
  const { session, jumpcloud, mayAsk } = ground
  mayAsk(/^GET \/api\/organizations$/)
  const hold = jumpcloud.levers.hold({ path: '/api/organizations' })

  floodRuns(session, 5000, {})

  await until(() => session.unread('refused').length === 4000)
  for (const { error } of session.unread('refused')) expect(error).toMatchObject({ code: 'agent_busy' })
  const pending = jumpcloud.requests.filter(({ outcome }) => outcome === 'pending')
  expect(pending.length).toBeLessThanOrEqual(10)
  hold.release()
  await giveUp(ground)
})

attack('a thousand refused runs whose params are thirty times as large in memory as in text', async (ground) => {
  const { session } = ground
  const bomb = { params: { where: Array.from({ length: 20_000 }, () => ({})) } }
  const before = collectedHeapBytes()

  floodRuns(session, 1000, bomb, 10)

  await until(() => session.unread('refused').length === 1000)
  // A quarter of them is held, as text; the others were told that the agent is busy.
  expect(collectedHeapBytes() - before).toBeLessThan(48 * MiB)
  await giveUp(ground)
})

attack('a listing that the plane takes nothing of', async (ground) => {
  const { session, plane, comeBack, jumpcloud, mayAsk } = ground
  mayAsk(/^GET \/api\/systemusers$/)
  plane.levers.welcome = (honest) => ({ ...honest, limits: { sessionCreditBytes: 0, runCreditBytes: 0 } })
  session.cut()
  const later = await comeBack()
  const before = jumpcloud.requests.length

  floodRuns(later, 200, { job: 'users.list' })

  // Sixteen have a place, and what they have read waits to be sent.
  await until(
    () => jumpcloud.requests.length - before >= 16 && jumpcloud.requests.every(({ outcome }) => outcome !== 'pending'),
  )
  expect(jumpcloud.requests.length - before).toBeLessThanOrEqual(16 * 2 + 1)
  expect(later.unread('page')).toEqual([])
  plane.levers.welcome = (honest) => ({ ...honest, held: [] })
  later.cut()
  await comeBack()
})

attacks(
  'credit %s',
  { 'of nothing': 0, 'of all that there is': Number.MAX_SAFE_INTEGER },
  async ({ session, ask, mayAsk, jumpcloud }, bytes) => {
    mayAsk(/^GET \/api\/systemusers$/)
    session.send({ type: 'credit', bytes })
    session.send({ type: 'credit', run: 'run-of-the-attack', bytes })

    expect(await ask('users.list')).toMatchObject({ type: 'done', rowCount: jumpcloud.tenant.users.all.length })
  },
)

const floods: Readonly<Record<string, readonly object[]>> = {
  'credit for runs that nobody holds': [{ type: 'credit', run: 'run-of-nobody', bytes: 1 }],
  'cancels of runs that nobody holds': [{ type: 'cancel', run: 'run-of-nobody' }],
  'acknowledgements of nothing': [{ type: 'ack', run: 'run-of-nobody', attempt: 1, seq: 0 }],
  'frames of types that nobody knows': [{ type: 'weather', sky: 'grey' }],
  'all of these, with members that nobody knows': [
    { type: 'credit', bytes: 1, a: 1 },
    { type: 'cancel', run: 'run-of-nobody', b: 1 },
    { type: 'mood', c: 1 },
  ],
}

attacks('twenty thousand %s', floods, async ({ session, ask }, frames) => {
  for (let count = 0; count < 20_000; count += frames.length) for (const frame of frames) session.send({ ...frame })

  expect(await ask('no.such')).toMatchObject({ type: 'refused' })
})

attack('a thousand cancels of one change that was sent', async (ground) => {
  const { session, jumpcloud, cast, mayAsk, changes } = ground
  mayAsk(/^GET \/api\/v2\//)
  mayAsk(/^POST \/api\/v2\/usergroups\/[0-9a-f]{24}\/members$/)
  changes(1)
  const hold = jumpcloud.levers.holdAnswer({ method: 'POST' })
  const sent = jumpcloud.nextRequest(({ method }) => method === 'POST')
  const params = { groupId: cast.groupId, userIds: cast.outsiders.slice(0, 1) }
  session.run([{ id: 'run-to-be-cancelled', job: 'groups.members.add', params }])
  await sent

  for (let count = 0; count < 1000; count += 1) session.send({ type: 'cancel', run: 'run-to-be-cancelled' })
  await session.next('too_late')
  hold.release()

  expect(await session.answer('run-to-be-cancelled')).toMatchObject({ type: 'done' })
})

attack('two thousand batches that cannot be believed, for the log and the ledger to swallow', async (ground) => {
  const { session, agent } = ground
  for (let count = 0; count < 2000; count += 1) session.run([{ job: 'org.get' }], { payload: { nonce: '' } })

  await until(() => session.unread('refused').length === 2000)
  const longest = Math.max(...agent.texts.map(({ length }) => length))
  expect(longest).toBeLessThan(4 * 1024)
})

attack('two hundred thousand cancels of a change that was sent, whose answers are never taken', async (ground) => {
  const { session, jumpcloud, cast, mayAsk, changes, comeBack } = ground
  mayAsk(/^GET \/api\/v2\//)
  mayAsk(/^POST \/api\/v2\/usergroups\/[0-9a-f]{24}\/members$/)
  changes(1)
  const hold = jumpcloud.levers.holdAnswer({ method: 'POST' })
  const sent = jumpcloud.nextRequest(({ method }) => method === 'POST')
  // As long as an id may be: what nobody takes shall be more than the kernel takes by itself.
  const id = 'run-to-be-cancelled'.padEnd(64, '-')
  const params = { groupId: cast.groupId, userIds: cast.outsiders.slice(0, 1) }
  session.run([{ id, job: 'groups.members.add', params }])
  await sent
  session.freeze()
  const cancel = JSON.stringify({ type: 'cancel', run: id })

  for (let count = 0; count < 200_000; count += 1) session.sendText(cancel)

  const later = await comeBack()
  hold.release()
  expect(await later.answer(id)).toMatchObject({ type: 'done' })
  session.cut()
})

attack('as many orders under one id as there are attempts', async ({ session, ask, mayAsk }) => {
  mayAsk(/^GET \/api\/(systemusers|organizations)$/)
  for (let attempt = 1; attempt <= 500; attempt += 1) session.run([{ id: 'run-again', job: 'users.list', attempt }])

  await until(() => session.unread('done').some(({ attempt }) => attempt === 500))
  session.send({ type: 'ack', run: 'run-again', attempt: 500, seq: 'final' })
  expect(await ask('no.such')).toMatchObject({ type: 'refused' })
})
