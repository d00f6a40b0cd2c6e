// The params and rows that adding and removing members share.

import { z } from 'zod'
import { jumpcloudId } from './ids.ts'
import { outcome } from './outcome.ts'

export const membershipChangeParams = z.strictObject({
  groupId: jumpcloudId,
  userIds: z
    .array(jumpcloudId)
    .min(1)
    .max(100)
    .refine((ids) => new Set(ids).size === ids.length, 'a user is named twice'),
  dryRun: z.boolean().default(false).describe('look, say what would happen, and change nothing'),
})

export const membershipChangeRow = z.object({
  userId: jumpcloudId,
  outcome,
  reason: z
    .enum([
      'dry_run',
      'dynamic_group',
      'group_not_found',
      'user_not_found',
      'refused_by_jumpcloud',
      'not_sent',
      'unanswered',
      'not_visible',
    ])
    .nullable()
    .describe(
      "why it was not applied, or is not known; `unanswered` beside `applied`: it was not so before and is so now, and JumpCloud's answer was lost",
    ),
  would: z.enum(['apply', 'already', 'refuse']).nullable().describe('what a run without `dryRun` would come to'),
})
export type MembershipChangeRow = z.infer<typeof membershipChangeRow>
