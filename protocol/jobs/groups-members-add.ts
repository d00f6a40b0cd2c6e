import { defineJob } from '../job-contract.ts'
import { membershipChangeParams, membershipChangeRow } from '../membership-change.ts'

export default defineJob({
  name: 'groups.members.add',
  effect: 'write',
  rows: 'many',
  changes: { groups: ['groupId'], users: ['userIds'], members: 'add' },
  repeatable: true,
  params: membershipChangeParams,
  row: membershipChangeRow,
  docs: {
    summary: 'Makes users direct members of a static group; one row per user.',
    calls: ['GET /api/v2/usergroups/{id}', 'GET /api/v2/users/{id}/memberof', 'POST /api/v2/usergroups/{id}/members'],
    scopes: ['groups', 'groups.readonly'],
    example: { groupId: '6026da081f24755306c2ee0d', userIds: ['6026bec6b8207255280d5981'] },
  },
})
