import { z } from 'zod'
import { jumpcloudId } from '../ids.ts'
import { defineJob } from '../job-contract.ts'
import { userRow } from '../user-row.ts'

export default defineJob({
  name: 'users.get',
  effect: 'read',
  rows: 'one',
  params: z.strictObject({ userId: jumpcloudId }),
  row: userRow,
  docs: {
    summary: 'One user.',
    calls: ['GET /api/systemusers/{id}'],
    scopes: ['users.readonly'],
    example: { userId: '6026bec6b8207255280d5981' },
  },
})
