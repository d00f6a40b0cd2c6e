import { expect, test } from 'vitest'
import { createPolicy } from '../../../agent/policy/policy.ts'
import { enforcePolicy } from '../../../agent/policy/policy-in-force.ts'
import { approvalFor, makeApprover } from '../../support/approval.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import type { JumpCloud } from '../../support/jumpcloud/start.ts'
import { addition, castOf, openSession, postsOf, writerPolicy } from '../../support/open-session.ts'
import { batched } from '../../support/plane-peer-session.ts'
import { createJournalDirectory } from '../journal/open-test-journal.ts'

const jobName = 'groups.members.add'

const withRules = (...lines: readonly string[]) => {
  return (jumpcloud: JumpCloud) => `${writerPolicy(jumpcloud)}${lines.map((line) => `    ${line}\n`).join('')}`
}

test('a policy of dry runs answers a write with what it would do, and changes nothing', async () => {
  await using open = await openSession({ policy: withRules('dryRun: true') })

  open.session.run([addition(open)])

  const { answer, rows } = await open.session.collect('run-00000001')
  expect(answer).toMatchObject({ type: 'done', outcome: 'not_applied' })
  expect(rows).toMatchObject([{ outcome: 'not_applied', reason: 'dry_run', would: 'apply' }])
  expect(postsOf(open)).toEqual([])
})

test('a user who is protected by a pattern is not added, and the answer names the rule', async () => {
  await using open = await openSession({ policy: withRules("users: { protect: ['*@*'] }") })

  open.session.run([addition(open)])

  expect(await open.session.answer('run-00000001')).toMatchObject({
    ...{ type: 'failed', outcome: 'not_applied' },
    error: { code: 'policy_denied', rule: 'policy.yaml connections.main.users.protect' },
  })
  expect(postsOf(open)).toEqual([])
})

test('a group that is protected by its name takes nobody', async () => {
  const policy = (jumpcloud: JumpCloud) => {
    const name = jumpcloud.tenant.groups.get(castOf(jumpcloud).groupId)?.name
    return writerPolicy(jumpcloud).replace('allow: [6', `protect: [${JSON.stringify(name)}], allow: [6`)
  }
  await using open = await openSession({ policy })

  open.session.run([addition(open)])

  expect(await open.session.answer('run-00000001')).toMatchObject({
    ...{ type: 'failed', outcome: 'not_applied' },
    error: { rule: 'policy.yaml connections.main.groups.protect' },
  })
  expect(postsOf(open)).toEqual([])
})

test('a run over its cap is refused before any request', async () => {
  await using open = await openSession({ policy: withRules('caps: { addsPerRun: 0 }') })

  open.session.run([addition(open)])

  expect(await open.session.answer('run-00000001')).toMatchObject({
    type: 'refused',
    error: { code: 'policy_denied', rule: 'policy.yaml connections.main.caps.addsPerRun' },
  })
  expect(open.jumpcloud.requests).toEqual([])
})

test('the cap of an hour counts what was sent, and refuses what is more', async () => {
  await using open = await openSession({ policy: withRules('caps: { addsPerHour: 2 }') })
  const { groupId, outsiders } = castOf(open.jumpcloud)
  const adding = (id: string, from: number, to: number) => {
    return { id, job: 'groups.members.add', params: { groupId, userIds: outsiders.slice(from, to) } }
  }

  open.session.run([adding('run-of-one', 0, 1)])
  await open.session.answer('run-of-one')
  // A run that finds everything as it should be gives back what was counted for it.
  open.session.run([adding('run-again', 0, 1)])
  expect(await open.session.answer('run-again')).toMatchObject({ type: 'done', outcome: 'already' })
  open.session.run([adding('run-of-two', 1, 3)])
  expect(await open.session.answer('run-of-two')).toMatchObject({
    type: 'refused',
    error: {
      rule: 'policy.yaml connections.main.caps.addsPerHour',
      message: expect.stringContaining('after 1 within'),
    },
  })
  open.session.run([adding('run-of-the-rest', 1, 2)])
  expect(await open.session.answer('run-of-the-rest')).toMatchObject({ type: 'done', outcome: 'applied' })
  expect(postsOf(open)).toHaveLength(2)
})

test('of two runs at once the cap lets one through', async () => {
  await using open = await openSession({ policy: withRules('caps: { addsPerHour: 3 }') })
  const { groupId, outsiders } = castOf(open.jumpcloud)
  const ids = ['run-of-two-1', 'run-of-two-2', 'run-of-two-3']

  open.session.run(
    ids.map((id, index) => {
      const userIds = outsiders.slice(2 * index, 2 * index + 2)
      return { id, job: 'groups.members.add', params: { groupId, userIds } }
    }),
  )

  const answers = await Promise.all(ids.map((id) => open.session.answer(id)))
  expect(answers.filter(({ type }) => type === 'done')).toHaveLength(1)
  expect(postsOf(open)).toHaveLength(2)
})

test('a mass removal is refused by the share of the group, and nothing is changed', async () => {
  await using open = await openSession({ policy: withRules('caps: { removeShare: 0.5 }') })
  const { groupId, outsiders } = castOf(open.jumpcloud)
  const { members } = open.jumpcloud.tenant
  for (const id of [...members.targets(groupId)]) members.remove(groupId, id)
  const userIds = outsiders.slice(0, 6)
  for (const id of userIds) members.add(groupId, id)
  const removing = (id: string, count: number) => {
    return { id, job: 'groups.members.remove', params: { groupId, userIds: userIds.slice(0, count) } }
  }

  open.session.run([removing('run-of-four', 4)])
  expect(await open.session.answer('run-of-four')).toMatchObject({
    type: 'failed',
    error: { code: 'policy_denied', rule: 'policy.yaml connections.main.caps.removeShare' },
  })
  open.session.run([removing('run-of-three', 3)])
  expect(await open.session.answer('run-of-three')).toMatchObject({ type: 'done', outcome: 'applied' })
  expect(postsOf(open)).toHaveLength(3)
})

test('a write needs the word of the customer where the policy asks for it, and gets through once with it', async () => {
  const { key, approve } = await makeApprover()
  await using open = await openSession({ policy: withRules(`approvalKey: ${JSON.stringify(key)}`) })
  const { session, jumpcloud } = open
  const wanted = { ...addition(open), id: 'run-approved' }
  const approval = await approve(approvalFor('run-approved', batched(wanted).run, Date.now() + 60_000))
  const { groupId, outsiders } = castOf(jumpcloud)
  const denied = { type: 'refused', error: { rule: 'policy.yaml connections.main.approvalKey' } }

  session.run([{ ...wanted, id: 'run-without' }])
  expect(await session.answer('run-without')).toMatchObject(denied)
  session.run([{ ...wanted, id: 'run-of-another', approval }])
  expect(await session.answer('run-of-another')).toMatchObject(denied)
  session.run([{ ...wanted, approval }])
  expect(await session.answer('run-approved')).toMatchObject({ type: 'done', outcome: 'applied' })
  session.run([{ ...wanted, params: { groupId, userIds: outsiders.slice(1, 3) }, approval }])
  expect(await session.answer('run-approved')).toMatchObject({ type: 'refused', error: { code: 'run_conflict' } })
  expect(postsOf(open)).toHaveLength(1)
})

test('a run that is tried again does not give back what the try before it is counted with', async () => {
  await using directory = await createJournalDirectory()
  await using journal = await directory.open()
  const text = `version: 1\nconnections: {main: {allow: [${jobName}], groups: {allow: [${'a'.repeat(24)}]}, caps: {addsPerHour: 3}}}\n`
  const policy = enforcePolicy({
    policy: createPolicy({ jobs: new Map([[jobName, 'write']]), file: { path: 'policy.yaml', text } }),
    ...{ journal, agent: 'acme', clock: createFakeClock(), jumpcloud: () => Promise.reject(new Error('nobody asks')) },
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} },
  })
  const asked = {
    ...({ run: 'run-00000001', job: jobName, effect: 'write', connection: 'main' } as const),
    changes: { groups: ['groupId'], users: ['userIds'], members: 'add' } as const,
    params: { groupId: 'a'.repeat(24), userIds: ['b'.repeat(24), 'c'.repeat(24)] },
  }
  const [first, second] = [policy.newPlace(asked.run), policy.newPlace(asked.run)]

  const before = await policy.decideAndCount({ ...asked, place: first })
  const together = await policy.decideAndCount({ ...asked, place: second })
  await policy.settle(first, 0)
  const alone = await policy.decideAndCount({ ...asked, place: second })
  await policy.settle(first, 0)
  const later = policy.decide(asked)

  expect([before.allowed, together.allowed, alone.allowed, later.allowed]).toEqual([true, false, true, false])
})
