// What was true once, said again: to the same session, to a later one, to another replica, or about what never was.

import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect } from 'vitest'
import { approvalFor, makeApprover } from '../support/approval.ts'
import { attack, attacks } from '../support/attack.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { type Ground, narrowPolicy } from '../support/hostile-ground.ts'
import { batched } from '../support/plane-peer-session.ts'

const looking = /^GET \/api\/(v2\/|systemusers\/|organizations$)/
const posting = /^POST \/api\/v2\/usergroups\/[0-9a-f]{24}\/members$/

/** A change that the policy allows, and that is made once. */
function onlyOnce({ cast, mayAsk, changes }: Ground) {
  mayAsk(looking)
  mayAsk(posting)
  changes(1)
  return {
    id: 'run-only-once',
    job: 'groups.members.add',
    params: { groupId: cast.groupId, userIds: cast.outsiders.slice(0, 1) },
  }
}

attack('a batch twice in one breath', async (ground) => {
  const { session } = ground
  const jws = session.run([onlyOnce(ground)])
  session.send({ type: 'run', jws })

  expect(await session.answer('run-only-once')).toMatchObject({ outcome: 'applied' })
})

attack('a write that was answered and forgotten, after its effect was taken back', async (ground) => {
  const { session, jumpcloud, cast } = ground
  const jws = session.run([onlyOnce(ground)])
  await session.answer('run-only-once')
  const [user = ''] = cast.outsiders
  jumpcloud.tenant.members.remove(cast.groupId, user)

  session.send({ type: 'run', jws })

  expect(await session.answer('run-only-once')).toMatchObject({ outcome: 'applied' })
  expect(jumpcloud.tenant.members.targets(cast.groupId)).not.toContain(user)
})

const approver = await makeApprover()

attack(
  'an approved change again, after the customer took it back',
  async (ground) => {
    const { session, jumpcloud, cast } = ground
    const wanted = onlyOnce(ground)
    const text = batched(wanted).run
    const approval = await approver.approve(approvalFor(wanted.id, text, Date.now() + 60_000))
    session.run([{ ...wanted, approval }])
    await session.answer(wanted.id)
    const [user = ''] = cast.outsiders
    // Among the last that are forgotten, however many other ids the plane has it keep.
    using journal = new DatabaseSync(join(ground.agent.stateDirectory, 'journal.db'), { readOnly: true })
    const kept = journal.prepare('SELECT approved FROM runs WHERE id = ?').get(wanted.id)
    expect(kept).toEqual({ approved: 1 })
    jumpcloud.tenant.members.remove(cast.groupId, user)

    session.run([{ ...wanted, approval, attempt: 2 }])

    expect(await session.answer(wanted.id)).toMatchObject({ type: 'done', outcome: 'applied' })
    expect(jumpcloud.tenant.members.targets(cast.groupId)).not.toContain(user)
  },
  () => ({
    policy: (jumpcloud) =>
      narrowPolicy(jumpcloud).replace('main: {', `main: { approvalKey: ${JSON.stringify(approver.key)},`),
  }),
)

attack('a batch of an earlier session in a later one', async (ground) => {
  const { session, comeBack } = ground
  const jws = session.run([onlyOnce(ground)])
  await session.answer('run-only-once')
  session.cut()
  const later = await comeBack()

  later.send({ type: 'run', jws })

  expect(await later.next('refused')).toMatchObject({ error: { code: 'batch_wrong_session' } })
})

attacks(
  'a batch that was made for %s',
  {
    'another plane': { payload: { plane: 'plane-2' }, code: 'batch_wrong_plane' },
    'another agent': { payload: { agent: 'emca' }, code: 'batch_wrong_agent' },
    'another replica': { payload: { replica: 'replica-2' }, code: 'batch_wrong_replica' },
  },
  async ({ session }, { payload, code }) => {
    session.run([{ job: 'org.get' }], { payload })

    expect(await session.next('refused')).toMatchObject({ error: { code } })
  },
)

attack('the id of a run that was done, with other bytes under it', async (ground) => {
  const { session, ask, cast } = ground
  session.run([onlyOnce(ground)])
  await session.answer('run-only-once')

  const other = { groupId: cast.groupId, userIds: cast.outsiders.slice(1, 3) }

  expect(await ask('groups.members.add', other, { id: 'run-only-once' })).toMatchObject({
    type: 'refused',
    error: { code: 'run_conflict' },
  })
})

attack('acknowledgements of pages that were never sent, and of an answer that is not there yet', async (ground) => {
  const { session, mayAsk, jumpcloud } = ground
  mayAsk(/^GET \/api\/systemusers$/)
  const hold = jumpcloud.levers.hold({ path: '/api/systemusers' })
  const asked = jumpcloud.nextRequest(({ path }) => path === '/api/systemusers')
  session.run([{ id: 'run-acknowledged', job: 'users.list' }])
  await asked

  for (const seq of [0, 7, Number.MAX_SAFE_INTEGER, 'final']) {
    session.send({ type: 'ack', run: 'run-acknowledged', attempt: 1, seq })
  }
  hold.release()

  const { rows } = await session.collect('run-acknowledged')
  expect(rows).toHaveLength(jumpcloud.tenant.users.all.length)
})

attack('a welcome that says that the plane has pages which were never made', async (ground) => {
  const { session, plane, comeBack, mayAsk, jumpcloud } = ground
  mayAsk(/^GET \/api\/systemusers$/)
  const hold = jumpcloud.levers.hold({ path: '/api/systemusers' })
  const asked = jumpcloud.nextRequest(({ path }) => path === '/api/systemusers')
  session.run([{ id: 'run-of-no-pages', job: 'users.list' }])
  await asked
  plane.levers.welcome = (honest) => ({
    ...honest,
    held: [{ run: 'run-of-no-pages', attempt: 1, keep: true, next: 1_000_000 }],
  })
  session.cut()
  const later = await comeBack()
  hold.release()

  expect(await later.answer('run-of-no-pages')).toMatchObject({ type: 'failed', error: { code: 'attempt_lost' } })
})

attack('a cancel and an abandon of a write that was sent, so that it be sent once more', async (ground) => {
  const { session, plane, comeBack, jumpcloud } = ground
  const hold = jumpcloud.levers.holdAnswer({ method: 'POST' })
  const sent = jumpcloud.nextRequest(({ method }) => method === 'POST')
  const run = onlyOnce(ground)
  session.run([run])
  await sent
  session.send({ type: 'cancel', run: run.id })
  await session.next('too_late')
  plane.levers.welcome = (honest) => ({ ...honest, held: [] })
  session.cut()
  const later = await comeBack()

  later.run([{ ...run, attempt: 2 }])
  hold.release()

  expect(await later.answer(run.id)).toMatchObject({ attempt: 2, type: 'done' })
})

attack('the lead of an older epoch', async ({ session, plane, agent }) => {
  const { replica, nonce, agent: name } = session.body
  const lead = (isLead: boolean, epoch: number) => {
    const payload = { plane: plane.id, agent: name, replica, nonce, lead: isLead, epoch }
    session.send({ type: 'lead', jws: plane.key.sign('sallyport-lead', payload) })
  }
  lead(true, 7)
  lead(false, 8)

  lead(true, 7)

  expect(await agent.line('session.lead_ignored')).toMatchObject({ epoch: 7, known: 8 })
})

attack(
  'the welcome of an earlier session',
  async ({ session, plane, comeBack }) => {
    const welcomes: unknown[] = []
    plane.levers.welcome = (honest) => {
      const [first = honest] = welcomes.push(honest) > 1 ? [JSON.parse(JSON.stringify(welcomes[0]))] : []
      return first
    }
    session.cut()
    const later = await comeBack()
    later.cut()

    expect(await plane.refusal()).toMatchObject({ code: 4412 })
  },
  () => ({ clock: createFakeClock() }),
)
