import { expect, test } from 'vitest'
import { castOf, openSession, writerPolicy } from '../../support/open-session.ts'

const oddId = 'f'.repeat(24)

test.each([
  {
    told: 'a job that it does not have',
    request: { job: 'users.destroy' },
    code: 'job_unknown',
    says: 'users.destroy',
  },
  { told: 'a job with an odd name', request: { job: '__proto__' }, code: 'job_unknown', says: '__proto__' },
  {
    told: 'a connection that it does not have',
    request: { job: 'org.get', connection: 'other' },
    code: 'connection_unknown',
    says: '"other", only main',
  },
  {
    told: 'a misspelt param',
    request: { job: 'groups.list', params: { nmae: 'x' } },
    ...{ code: 'params_invalid', says: 'nmae' },
  },
  {
    told: 'a param that does not fit',
    request: { job: 'groups.get', params: { groupId: '../users' } },
    ...{ code: 'params_invalid', says: 'params.groupId: a JumpCloud id is 24' },
  },
  { told: 'params that are no object', request: { job: 'org.get', params: 7 }, code: 'params_invalid', says: 'params' },
])('refuses $told before any request: $code', async ({ request, code, says }) => {
  await using open = await openSession()

  open.session.run([request])

  const answer = await open.session.answer('run-00000001')
  expect(answer).toMatchObject({ type: 'refused', attempt: 1, error: { code } })
  expect(JSON.stringify(answer.error)).toContain(JSON.stringify(says).slice(1, -1))
  expect(open.jumpcloud.requests).toEqual([])
  expect(await open.agent.line('run.refused')).toMatchObject({ code })
})

test('refuses a write without a policy file, and names the rule', async () => {
  await using open = await openSession()

  open.session.run([{ job: 'groups.members.add', params: { groupId: oddId, userIds: [oddId] } }])

  expect(await open.session.answer('run-00000001')).toMatchObject({
    type: 'refused',
    error: { code: 'policy_denied', rule: 'default: plain reads' },
  })
  expect(open.jumpcloud.requests).toEqual([])
})

test('refuses a group that the policy does not name, and names the rule and no folder of the host', async () => {
  await using open = await openSession({ policy: writerPolicy })
  const { dynamicId, outsiders } = castOf(open.jumpcloud)

  open.session.run([{ job: 'groups.members.add', params: { groupId: dynamicId, userIds: outsiders.slice(0, 1) } }])

  const answer = await open.session.answer('run-00000001')
  expect(answer).toMatchObject({
    type: 'refused',
    error: { code: 'policy_denied', rule: 'policy.yaml connections.main.groups.allow' },
  })
  expect(JSON.stringify(answer.error)).not.toContain('/etc')
  expect(open.jumpcloud.requests).toEqual([])
})

test('judges each run of a batch by itself', async () => {
  await using open = await openSession()

  open.session.run([
    { id: 'run-of-three-1', job: 'org.get' },
    { id: 'run-of-three-2', job: 'no.such' },
    { id: 'run-of-three-3', job: 'groups.list' },
  ])

  const answers = ['run-of-three-1', 'run-of-three-2', 'run-of-three-3'].map((id) => open.session.answer(id))
  expect((await Promise.all(answers)).map(({ type }) => type)).toEqual(['done', 'refused', 'done'])
})
