// Members of groups and bindings of applications.

import type { JumpCloud } from '../../jumpcloud/start.ts'
import { dynamicGroup, firstApplication, memberOf, outsiderOf, staticGroup, UNKNOWN_ID } from '../tenant-facts.ts'
import { ALREADY_EXISTS, type Behaviour, EMPTY, NOT_FOUND, SOURCE } from './behaviour.ts'

const membersLine = (id: string): string => `POST /api/v2/usergroups/${id}/members`
const bindingLine = (jumpcloud: JumpCloud): string =>
  `POST /api/v2/applications/${firstApplication(jumpcloud).id}/associations`
const add = (id: string) => ({ op: 'add', type: 'user', id })
const remove = (id: string) => ({ op: 'remove', type: 'user', id })

export const membershipBehaviours: readonly Behaviour[] = [
  {
    id: 'member.add',
    given: 'a user who is not yet a member',
    source: `${SOURCE.spec}; ${SOURCE.observed}`,
    request: (jumpcloud) => {
      const group = staticGroup(jumpcloud)
      return [membersLine(group.id), { body: add(outsiderOf(jumpcloud, group).id) }]
    },
    status: 204,
    body: EMPTY,
  },
  {
    id: 'member.add.existing',
    given: 'a user who is a direct member already',
    source: `${SOURCE.observed}; four other clients`,
    request: (jumpcloud) => {
      const group = staticGroup(jumpcloud)
      return [membersLine(group.id), { body: add(memberOf(jumpcloud, group).id) }]
    },
    status: 409,
    body: ALREADY_EXISTS,
  },
  {
    id: 'member.remove.absent',
    given: 'the removal of somebody who is no member',
    source: `${SOURCE.observed}; two other clients`,
    request: (jumpcloud) => {
      const group = staticGroup(jumpcloud)
      return [membersLine(group.id), { body: remove(outsiderOf(jumpcloud, group).id) }]
    },
    status: 404,
    body: NOT_FOUND,
  },
  {
    id: 'member.add.unknown-user',
    given: 'an unknown user and a known group',
    source: SOURCE.observed,
    request: (jumpcloud) => [membersLine(staticGroup(jumpcloud).id), { body: add(UNKNOWN_ID) }],
    status: 404,
    body: NOT_FOUND,
  },
  {
    id: 'member.change.unknown-group',
    given: 'an unknown group: 400, not 404',
    source: SOURCE.observed,
    request: ({ tenant }) => [membersLine(UNKNOWN_ID), { body: add(String(tenant.users.all[0]?.id)) }],
    status: 400,
    body: { error: 'INVALID_ARGUMENT', message: 'user_group not found' },
  },
  {
    id: 'member.change.bad-operation',
    given: 'an operation that does not exist',
    source: SOURCE.fake,
    request: (jumpcloud) => [
      membersLine(staticGroup(jumpcloud).id),
      { body: { op: 'replace', type: 'user', id: UNKNOWN_ID } },
    ],
    status: 400,
  },
  {
    id: 'member.add.dynamic',
    given: 'a dynamic group and a user who is not exempt from its rule',
    source: SOURCE.observed,
    request: (jumpcloud) => {
      const group = dynamicGroup(jumpcloud)
      return [membersLine(group.id), { body: add(outsiderOf(jumpcloud, group).id) }]
    },
    status: 204,
    body: EMPTY,
  },
  {
    id: 'member.add.dynamic-exempt',
    given: 'a dynamic group and a user who is exempt from its rule',
    source: SOURCE.observed,
    before: (jumpcloud) => {
      const group = dynamicGroup(jumpcloud)
      const { id } = outsiderOf(jumpcloud, group)
      Object.assign(group, { memberQueryExemptions: [{ id, type: 'USER' }] })
    },
    request: (jumpcloud) => {
      const group = dynamicGroup(jumpcloud)
      return [membersLine(group.id), { body: add(outsiderOf(jumpcloud, group).id) }]
    },
    status: 204,
    body: EMPTY,
  },
  {
    id: 'memberof.unknown-user',
    given: 'the groups of an unknown user: an empty list, not 404',
    source: SOURCE.observed,
    request: () => [`GET /api/v2/users/${UNKNOWN_ID}/memberof`],
    status: 200,
    body: [],
  },
  {
    id: 'members.unknown-group',
    given: 'the members of an unknown group',
    source: SOURCE.fake,
    request: () => [`GET /api/v2/usergroups/${UNKNOWN_ID}/members`],
    status: 404,
    body: NOT_FOUND,
  },
  {
    id: 'app.assoc.add.existing',
    given: 'a user who is bound to the application already',
    source: SOURCE.observed,
    request: (jumpcloud) => [bindingLine(jumpcloud), { body: add(String(jumpcloud.tenant.users.all[0]?.id)) }],
    status: 409,
    body: ALREADY_EXISTS,
  },
  {
    id: 'app.assoc.remove.absent',
    given: 'the removal of a binding that is not there',
    source: SOURCE.fake,
    request: (jumpcloud) => [bindingLine(jumpcloud), { body: remove(String(jumpcloud.tenant.users.all[9]?.id)) }],
    status: 404,
    body: NOT_FOUND,
  },
  {
    id: 'assoc.bad-combination (GET)',
    given: 'a target that applications cannot have',
    source: SOURCE.staff,
    request: (jumpcloud) => [`GET /api/v2/applications/${firstApplication(jumpcloud).id}/associations?targets=command`],
    status: 400,
  },
  {
    id: 'assoc.bad-combination (POST)',
    given: 'a binding of a type that applications cannot have',
    source: SOURCE.staff,
    request: (jumpcloud) => [bindingLine(jumpcloud), { body: { op: 'add', type: 'command', id: UNKNOWN_ID } }],
    status: 400,
  },
]
