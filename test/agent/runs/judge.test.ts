import { expect, test } from 'vitest'
import type { JumpCloud } from '../../support/jumpcloud/start.ts'
import { addition, castOf, openSession, postsOf, writerPolicy } from '../../support/open-session.ts'

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
