import { z } from 'zod'
import { jumpcloudId } from '../ids.ts'
import { defineJob } from '../job-contract.ts'

export default defineJob({
  name: 'groups.get',
  effect: 'read',
  rows: 'one',
  params: z.strictObject({ groupId: jumpcloudId }),
  row: z.object({
    id: jumpcloudId,
    name: z.string(),
    description: z.string().nullable(),
    email: z.string().nullable(),
    membershipMethod: z
      .string()
      .nullable()
      .describe('NOTSET and STATIC are static; DYNAMIC_AUTOMATED and DYNAMIC_REVIEW_REQUIRED follow a rule'),
    dynamic: z.boolean().describe('a rule decides who is a member; an added member does not stay'),
    exemptUserIds: z.array(jumpcloudId).describe('users whom the rule leaves alone'),
    warnings: z.array(z.string()).describe('what JumpCloud flags about the rule'),
  }),
  docs: {
    summary: 'One user group, and how it gets its members.',
    calls: ['GET /api/v2/usergroups/{id}'],
    scopes: ['groups.readonly'],
    example: { groupId: '6026da081f24755306c2ee0d' },
  },
})
