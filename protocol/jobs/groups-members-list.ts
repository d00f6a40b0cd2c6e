import { z } from 'zod'
import { jumpcloudId } from '../ids.ts'
import { defineJob } from '../job-contract.ts'

export default defineJob({
  name: 'groups.members.list',
  effect: 'read',
  rows: 'many',
  params: z.strictObject({
    groupId: jumpcloudId,
    include: z
      .enum(['direct', 'effective'])
      .default('direct')
      .describe('`effective` adds who is a member through a nested group'),
  }),
  row: z.object({
    userId: jumpcloudId,
    direct: z.boolean().describe('removing the user from this group ends this membership only where it is direct'),
  }),
  docs: {
    summary: 'The users of a group.',
    calls: ['GET /api/v2/usergroups/{id}/members', 'GET /api/v2/usergroups/{id}/membership'],
    scopes: ['users.readonly'],
    example: { groupId: '6026da081f24755306c2ee0d' },
  },
})
