import { z } from 'zod'
import { defineJob } from '../job-contract.ts'
import { userRow } from '../user-row.ts'

const value = z.string().min(1).max(256)

export default defineJob({
  name: 'users.list',
  effect: 'read',
  rows: 'many',
  params: z.strictObject({
    where: z
      .strictObject({
        state: value.optional(),
        email: value.optional(),
        username: value.optional(),
        department: value.optional(),
        employeeIdentifier: value.optional(),
      })
      .optional()
      .describe('only users whose members equal all of these, case included'),
  }),
  row: userRow,
  docs: {
    summary: 'All users of the organisation, or those that match.',
    calls: ['GET /api/systemusers'],
    scopes: ['users.readonly'],
    example: { where: { state: 'ACTIVATED' } },
  },
})
