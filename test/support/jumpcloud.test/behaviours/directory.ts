// Lists, groups and users as objects.

import { expect } from 'vitest'
import type { JumpCloud } from '../../jumpcloud/start.ts'
import { staticGroup, UNKNOWN_ID } from '../tenant-facts.ts'
import { type Behaviour, EMPTY, NOT_FOUND, SOURCE } from './behaviour.ts'

const groupLine = (method: string, jumpcloud: JumpCloud): string =>
  `${method} /api/v2/usergroups/${staticGroup(jumpcloud).id}`

export const directoryBehaviours: readonly Behaviour[] = [
  {
    id: 'v1.list.beyond-end',
    given: 'a skip past the last row of a v1 list',
    source: SOURCE.recorded,
    request: () => ['GET /api/systemusers?skip=1000'],
    status: 200,
    body: { totalCount: 30, results: [] },
  },
  {
    id: 'v2.list.beyond-end',
    given: 'a skip past the last row of a v2 list',
    source: SOURCE.recorded,
    request: () => ['GET /api/v2/usergroups?skip=1000'],
    status: 200,
    body: [],
    headers: { 'x-total-count': '6' },
  },
  {
    id: 'group.list.fields',
    given: 'a list of groups: nothing about membership',
    source: `${SOURCE.observed}; ${SOURCE.recorded}`,
    request: () => ['GET /api/v2/usergroups?limit=1'],
    status: 200,
    body: [
      {
        id: expect.stringMatching(/^[0-9a-f]{24}$/),
        name: 'All Users',
        description: '',
        email: '',
        type: 'user_group',
      },
    ],
  },
  {
    id: 'group.create',
    given: 'a new group with a name and nothing else',
    source: SOURCE.observed,
    request: () => ['POST /api/v2/usergroups', { body: { name: 'Night Shift' } }],
    status: 201,
    body: {
      type: 'user_group',
      name: 'Night Shift',
      description: '',
      email: '',
      membershipMethod: 'STATIC',
      memberQuery: null,
      memberQueryExemptions: [],
      memberSuggestionsNotify: false,
      memberQueryErrorFlags: [],
      attributes: { ldapGroups: [{ name: 'Night Shift' }] },
    },
  },
  {
    id: 'group.create.duplicate-name',
    given: 'a name that another group has',
    source: SOURCE.observed,
    request: () => ['POST /api/v2/usergroups', { body: { name: 'All Users' } }],
    status: 201,
  },
  {
    id: 'group.create.v2query-without-header',
    given: 'a rule without queryType and without the header x-query-dsl',
    source: SOURCE.observed,
    request: () => ['POST /api/v2/usergroups', { body: { name: 'Rule', memberQuery: { filters: [] } } }],
    status: 400,
    body: { message: 'memberQuery.queryType is required' },
  },
  {
    id: 'group.exemption.bad-type',
    given: 'an exemption whose type is not upper case',
    source: SOURCE.observed,
    request: (jumpcloud) => [
      groupLine('PUT', jumpcloud),
      { body: { name: 'x', memberQueryExemptions: [{ id: UNKNOWN_ID, type: 'user' }] } },
    ],
    status: 400,
    body: { message: 'member query exemptions must be of type user' },
  },
  {
    id: 'group.exemption.unknown-user',
    given: 'an exemption for nobody',
    source: SOURCE.observed,
    request: (jumpcloud) => [
      groupLine('PUT', jumpcloud),
      { body: { name: 'x', memberQueryExemptions: [{ id: UNKNOWN_ID, type: 'USER' }] } },
    ],
    status: 404,
    body: NOT_FOUND,
  },
  {
    id: 'group.posix.change',
    given: 'a change of posixGroups that were set before',
    source: SOURCE.observed,
    before: (jumpcloud) => {
      const group = staticGroup(jumpcloud)
      jumpcloud.tenant.groups.replace({ ...group, attributes: { posixGroups: [{ id: 7, name: 'seven' }] } })
    },
    request: (jumpcloud) => [groupLine('PUT', jumpcloud), { body: { name: 'x' } }],
    status: 400,
    body: { message: 'existing attribute posixGroups may not be changed' },
  },
  ...(['GET', 'PUT', 'DELETE'] as const).map(
    (method): Behaviour => ({
      id: `group.get.unknown (${method})`,
      given: 'an unknown group id',
      source: SOURCE.observed,
      request: () => [`${method} /api/v2/usergroups/${UNKNOWN_ID}`, method === 'PUT' ? { body: { name: 'x' } } : {}],
      status: 404,
      body: NOT_FOUND,
    }),
  ),
  {
    id: 'group.delete',
    given: 'an existing group to delete',
    source: SOURCE.observed,
    request: (jumpcloud) => [groupLine('DELETE', jumpcloud)],
    status: 204,
    body: EMPTY,
  },
  {
    id: 'group.delete.with-body',
    given: 'the same, where JumpCloud answers as its specification also allows',
    source: SOURCE.spec,
    dialect: { deletedGroup: 'body' },
    request: (jumpcloud) => [groupLine('DELETE', jumpcloud)],
    status: 200,
    body: { type: 'user_group' },
  },
  {
    id: 'user.get.unknown',
    given: 'an unknown user id',
    source: SOURCE.fake,
    request: () => [`GET /api/systemusers/${UNKNOWN_ID}`],
    status: 404,
    body: NOT_FOUND,
  },
  {
    id: 'user.put.conflict',
    given: 'a state and a suspended flag that disagree',
    source: SOURCE.powershell,
    request: ({ tenant }) => [
      `PUT /api/systemusers/${tenant.users.all[0]?.id}`,
      { body: { state: 'ACTIVATED', suspended: true } },
    ],
    status: 400,
    body: { message: 'Cannot save conflicting state and suspended fields. (state=ACTIVATED suspended=true)' },
  },
  {
    id: 'user.delete.manager',
    given: 'a user who manages others',
    source: `${SOURCE.spec}; the condition is inferred`,
    before: ({ tenant }) => {
      const [boss, report] = tenant.users.all
      if (boss !== undefined && report !== undefined) tenant.users.replace({ ...report, manager: boss.id })
    },
    request: ({ tenant }) => [`DELETE /api/systemusers/${tenant.users.all[0]?.id}`],
    status: 409,
  },
  {
    id: 'user.create.duplicate',
    given: 'a username that is taken',
    source: "JumpCloud's own mock; unverified, so the dialect may say 400",
    request: ({ tenant }) => [
      'POST /api/systemusers',
      { body: { username: tenant.users.all[0]?.username, email: 'new@example.com' } },
    ],
    status: 409,
    body: { message: 'User already exists' },
  },
]
