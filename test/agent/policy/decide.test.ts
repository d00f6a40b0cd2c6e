import { expect, test } from 'vitest'
import { type Ask, decide as decideKnowing, type NamedPolicyFile } from '../../../agent/policy/decide.ts'

const group = '6026da081f24755306c2ee0d'
const other = '6026da081f24755306c2ee0e'
const policy: NamedPolicyFile = {
  name: 'policy.yaml',
  content: {
    version: 1,
    connections: {
      main: { allow: ['groups.list', 'groups.members.add'], groups: { allow: [group] } },
      quiet: { allow: [] },
    },
  },
}
const decide = (file: NamedPolicyFile | undefined, ask: Ask) => decideKnowing(file, ask, { now: 0 })
const list: Ask = { job: 'groups.list', effect: 'read', connection: 'main', params: {} }
const changes = { groups: ['groupId'] }
const add: Ask = { job: 'groups.members.add', effect: 'write', changes, connection: 'main', params: { groupId: group } }

test('allows a plain read without a file, on any connection', () => {
  expect(decide(undefined, { ...list, connection: 'any' })).toEqual({
    ...{ allowed: true, isDry: false, needs: [] },
    rule: 'default: plain reads',
  })
})

test.each([{ ...add }, { ...list, job: 'events.pull' }, { ...list, effect: 'write' as const }])(
  'refuses everything else without a file: $job, $effect',
  (ask) => {
    expect(decide(undefined, ask)).toMatchObject({ allowed: false, rule: 'default: plain reads' })
  },
)

test('allows a read that is on the list', () => {
  expect(decide(policy, list)).toMatchObject({ allowed: true, rule: 'policy.yaml connections.main.allow' })
})

test('refuses a plain read that a file does not name', () => {
  expect(decide(policy, { ...list, job: 'users.list' })).toEqual({
    allowed: false,
    rule: 'policy.yaml connections.main.allow',
    message: 'users.list is not on the list of jobs allowed on main; the customer can add it',
  })
})

test('allows a write to a group that is on the list', () => {
  expect(decide(policy, add)).toMatchObject({ allowed: true, rule: 'policy.yaml connections.main.groups.allow' })
})

test('refuses a write to any other group', () => {
  expect(decide(policy, { ...add, params: { groupId: other } })).toEqual({
    allowed: false,
    rule: 'policy.yaml connections.main.groups.allow',
    message: `groups.members.add may not change group ${other} on main; the customer can add the id`,
  })
})

test('refuses a write if one of its groups is not on the list', () => {
  expect(decide(policy, { ...add, params: { groupId: [group, other] } })).toMatchObject({ allowed: false })
})

test.each([undefined, null, {}, { groupId: null }, [group], group])('refuses a write with params %j', (params) => {
  expect(decide(policy, { ...add, params })).toMatchObject({
    allowed: false,
    rule: 'policy.yaml connections.main.groups.allow',
  })
})

test('allows nothing on a connection that the file does not name', () => {
  for (const connection of ['branch', '__proto__', 'toString', '']) {
    expect(decide(policy, { ...list, connection })).toMatchObject({ allowed: false, rule: 'policy.yaml connections' })
  }
})

test('allows nothing on a connection with an empty list', () => {
  expect(decide(policy, { ...list, connection: 'quiet' })).toMatchObject({
    rule: 'policy.yaml connections.quiet.allow',
  })
})

test.each([
  [{ where: { email: 'a@b.c' } }, 'policy.yaml connections.main.fields.drop'],
  [{ where: { username: 'a', state: 'ACTIVATED' } }, 'policy.yaml connections.main.fields.hash'],
])('refuses to filter by a member that does not leave as it is: %j', (params, rule) => {
  const rules = { allow: ['users.list'], fields: { drop: ['email'], hash: ['username'] } }
  const file: NamedPolicyFile = { name: 'policy.yaml', content: { version: 1, connections: { main: rules } } }
  const users: Ask = { ...list, job: 'users.list' }

  expect(decide(file, { ...users, params })).toMatchObject({ allowed: false, rule })
  expect(decide(file, { ...users, params: { where: { state: 'ACTIVATED' } } })).toMatchObject({ allowed: true })
})

test('denies everything in a panic, whatever else is said', () => {
  for (const file of [undefined, policy]) {
    expect(decideKnowing(file, list, { now: 0, isPanic: true })).toMatchObject({ allowed: false, rule: 'panic' })
  }
})
