import { z } from 'zod'
import { jumpcloudId } from '../ids.ts'
import { defineJob } from '../job-contract.ts'

export default defineJob({
  name: 'groups.list',
  effect: 'read',
  rows: 'many',
  params: z.strictObject({
    name: z.string().min(1).max(256).optional().describe('only groups of exactly this name; names need not be unique'),
  }),
  row: z.object({
    id: jumpcloudId,
    name: z.string(),
    description: z.string().nullable(),
    email: z.string().nullable(),
  }),
  docs: {
    summary: 'All user groups of the organisation. How a group gets its members is in `groups.get` alone.',
    calls: ['GET /api/v2/usergroups'],
    scopes: ['groups.readonly'],
    example: {},
  },
})
