import { defineJob } from '../job-contract.ts'
import { membershipChangeParams, membershipChangeRow } from '../membership-change.ts'

export default defineJob({
  name: 'groups.members.remove',
  effect: 'write',
  rows: 'many',
  changes: { groups: ['groupId'], users: ['userIds'], members: 'remove' },
  repeatable: true,
  params: membershipChangeParams,
  row: membershipChangeRow,
  docs: {
    summary: 'Ends the direct membership of users in a static group; one row per user.',
    calls: [
      'GET /api/v2/usergroups/{id}',
      'GET /api/v2/users/{id}/memberof',
      'POST /api/v2/usergroups/{id}/members',
      'GET /api/systemusers/{id}',
    ],
    scopes: ['groups', 'groups.readonly', 'users.readonly'],
    example: { groupId: '6026da081f24755306c2ee0d', userIds: ['6026bec6b8207255280d5981'] },
  },
})
