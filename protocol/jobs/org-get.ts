import { z } from 'zod'
import { jumpcloudId } from '../ids.ts'
import { defineJob } from '../job-contract.ts'

export default defineJob({
  name: 'org.get',
  effect: 'read',
  rows: 'one',
  params: z.strictObject({}),
  row: z.object({
    id: jumpcloudId,
    name: z.string().nullable().describe('as the administrators see it; JumpCloud may have none'),
    createdAt: z.string().nullable().describe('RFC 3339'),
  }),
  docs: {
    summary: 'The organisation that the connection works on.',
    calls: ['GET /api/organizations'],
    scopes: ['organizations.readonly'],
    example: {},
  },
})
