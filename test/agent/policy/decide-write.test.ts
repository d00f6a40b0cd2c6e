import { describe, expect, test } from 'vitest'
import type { ConnectionRules } from '../../../agent/policy/connection-rules.ts'
import type { Ask, Known } from '../../../agent/policy/decide.ts'
import { decideWrite, touchedBy } from '../../../agent/policy/decide-write.ts'
import type { Facts } from '../../../agent/policy/facts.ts'

const group = '6026da081f24755306c2ee0d'
const [one, two] = ['6026bec6b8207255280d5981', '6026bec6b8207255280d5982'] as const
const changes = { groups: ['groupId'], users: ['userIds'], members: 'add' } as const
const add: Ask = {
  ...{ job: 'groups.members.add', effect: 'write', changes, connection: 'main' },
  params: { groupId: group, userIds: [one, two] },
}
const monday = Date.parse('2026-01-05T10:00:00Z')

type Case = { readonly rules?: Partial<ConnectionRules>; readonly ask?: Partial<Ask>; readonly known?: Partial<Known> }

function decided({ rules = {}, ask = {}, known = {} }: Case) {
  return decideWrite({
    rules: { allow: [add.job], groups: { allow: [group] }, ...rules },
    replicas: 1,
    ask: { ...add, ...ask },
    known: { now: monday, ...known },
  })
}
const noFacts: Facts = { groupNames: new Map(), userNames: new Map(), groupSizes: new Map() }
const refusedBy = (rule: string) => expect.objectContaining({ allowed: false, rule })

test('allows what no rule forbids', () => {
  expect(decided({})).toEqual({ allowed: true, rule: 'groups.allow', isDry: false, needs: [] })
})

describe('a group that is protected', () => {
  const protecting = (entry: string) => ({ groups: { allow: [group], protect: [entry] } })
  const facts = { ...noFacts, groupNames: new Map([[group, 'Domain Admins']]) }

  test('by its id is refused at once, although it is allowed', () => {
    expect(decided({ rules: protecting(group) })).toEqual(refusedBy('groups.protect'))
  })

  test('by its name or a pattern has to be known by name before anything is changed', () => {
    expect(decided({ rules: protecting('*admin*') })).toMatchObject({ allowed: true, needs: ['group names'] })
    expect(decided({ rules: protecting('*admin*'), known: { facts } })).toEqual(refusedBy('groups.protect'))
    expect(decided({ rules: protecting('Domain Admins'), known: { facts } })).toEqual(refusedBy('groups.protect'))
    expect(decided({ rules: protecting('Finance*'), known: { facts } })).toMatchObject({ allowed: true, needs: [] })
  })
})

describe('a user who is protected', () => {
  const protecting = (entry: string) => ({ users: { protect: [entry] } })
  const facts = { ...noFacts, userNames: new Map([[two, ['root', 'root@example.com']]]) }

  test('by their id is refused at once, with all who are named beside them', () => {
    expect(decided({ rules: protecting(two) })).toEqual(refusedBy('users.protect'))
  })

  test('by user name or e-mail address has to be known by name', () => {
    expect(decided({ rules: protecting('r*t') })).toMatchObject({ allowed: true, needs: ['user names'] })
    expect(decided({ rules: protecting('r*t'), known: { facts } })).toEqual(refusedBy('users.protect'))
    expect(decided({ rules: protecting('*@example.com'), known: { facts } })).toEqual(refusedBy('users.protect'))
    expect(decided({ rules: protecting('admin*'), known: { facts } })).toMatchObject({ allowed: true })
  })

  test('is taken to be meant where it cannot be told who is', () => {
    const ask = { changes: { groups: ['groupId'] } }

    expect(decided({ rules: protecting(two), ask })).toEqual(refusedBy('users.protect'))
  })
})

test('refuses outside of the windows, and names them', () => {
  const window = { from: '11:00', to: '12:00', timeZone: 'Europe/Berlin' }

  expect(decided({ rules: { windows: [window] } })).toMatchObject({ allowed: true })
  expect(decided({ rules: { windows: [window] }, known: { now: monday + 60 * 60_000 } })).toEqual({
    ...{ allowed: false, rule: 'windows' },
    message: 'groups.members.add may run on main only within its windows: daily 11:00-12:00 Europe/Berlin',
  })
})

describe('the caps of one run', () => {
  test('refuse what is more, with count and limit', () => {
    expect(decided({ rules: { caps: { addsPerRun: 2 } } })).toMatchObject({ allowed: true })
    expect(decided({ rules: { caps: { addsPerRun: 1 } } })).toEqual({
      ...{ allowed: false, rule: 'caps.addsPerRun' },
      message: 'it would add 2 members, and one run may add 1',
    })
  })

  test('hold adds and removes apart', () => {
    const ask = { changes: { ...changes, members: 'remove' } } as const

    expect(decided({ rules: { caps: { addsPerRun: 0 } }, ask })).toMatchObject({ allowed: true })
    expect(decided({ rules: { caps: { removesPerRun: 0 } }, ask })).toEqual(refusedBy('caps.removesPerRun'))
  })

  test('refuse where it cannot be told how much would change', () => {
    expect(decided({ rules: { caps: {} }, ask: { changes: { groups: ['groupId'] } } })).toEqual(refusedBy('caps'))
  })
})

describe('the caps of an hour', () => {
  const before = {
    ...{ run: 'run-before-this', connection: 'main', group, at: monday },
    members: 'add',
    count: 4,
  } as const
  const caps = { addsPerHour: 5 }

  test('go by what was counted before', () => {
    expect(decided({ rules: { caps }, known: { counted: [{ ...before, count: 3 }] } })).toMatchObject({ allowed: true })
    expect(decided({ rules: { caps }, known: { counted: [before] } })).toEqual(refusedBy('caps.addsPerHour'))
  })

  test('as a share of a group wait for its size', () => {
    const ask = { changes: { ...changes, members: 'remove' } } as const
    const rules = { caps: { removeShare: 0.1 } }
    const sized = (size: number) => ({ facts: { ...noFacts, groupSizes: new Map([[group, size]]) } })

    expect(decided({ rules, ask })).toMatchObject({ allowed: true, needs: ['group sizes'] })
    expect(decided({ rules, ask, known: sized(20) })).toMatchObject({ allowed: true })
    expect(decided({ rules, ask, known: sized(19) })).toEqual(refusedBy('caps.removeShare'))
    expect(decided({ rules })).toMatchObject({ allowed: true, needs: [] })
  })
})

test('lets a write look alone where the policy says so', () => {
  expect(decided({ rules: { dryRun: true } })).toEqual({ allowed: true, rule: 'dryRun', isDry: true, needs: [] })
})

test('knows what a write touches', () => {
  expect(touchedBy(add)).toEqual({ groups: [group], users: [one, two] })
})
