// What the policy file says of one connection: its schema. Each problem is put where it stands in the file.

import { z } from 'zod'
import { hint } from '../settings/parse-settings.ts'
import { approvalKey } from './approval.ts'
import { policyCaps } from './caps.ts'
import { policyFields, refuseUnknownFields } from './fields.ts'
import type { JobEffects } from './policy-file.ts'
import { policyWindows } from './windows.ts'

const wildcard = 'there are no wildcards here; name each one. Patterns may protect, never allow'

const allowedGroup = z
  .string()
  .min(1, 'there is nothing here')
  .max(256, 'a name is at most 256 characters')
  .superRefine((entry, context) => {
    const message = entry.includes('*')
      ? wildcard
      : /^[0-9a-fA-F]{24}$/.test(entry) && !isId(entry)
        ? 'this looks like the id of a group, which is written in lower-case hexadecimal characters'
        : undefined
    if (message !== undefined) context.addIssue({ code: 'custom', message })
  })

const protectedName = z.string().min(1, 'there is nothing here').max(256, 'a name is at most 256 characters')

/** Built for the jobs that there are. */
export function connectionRules(jobs: JobEffects) {
  const job = z.string().superRefine((name, context) => {
    if (jobs.has(name)) return
    const message = name.includes('*') ? wildcard : `there is no such job${hint(name, [...jobs.keys()].sort())}`
    context.addIssue({ code: 'custom', message })
  })
  return z
    .strictObject({
      allow: listOf(job).describe('jobs that may run, each by its name'),
      groups: groupRules.optional().describe('which groups writes may change'),
      users: userRules.optional().describe('whose memberships writes may change'),
      caps: policyCaps.optional().describe('how much writes may change'),
      windows: policyWindows.optional().describe('the times at which writes may run; always if left out'),
      dryRun: z.boolean().optional().describe('every write looks, says what would happen, and changes nothing'),
      approvalKey: approvalKey
        .optional()
        .describe('public key (JWK) of whoever has to approve each write; "sallyport approve" makes approvals'),
      fields: policyFields.optional().describe('which members of rows do not leave as they are'),
    })
    .superRefine(refuseIdleWrites(jobs))
    .superRefine(refuseUnknownFields)
}
export type ConnectionRules = z.output<ReturnType<typeof connectionRules>>

const groupRules = z.strictObject({
  allow: listOf(allowedGroup).describe(
    'groups that writes may change: by id, or by exact name, which is then pinned to the id that it has',
  ),
  protect: listOf(protectedName)
    .optional()
    .describe(
      'groups that nothing changes, whatever else allows it: ids, names, or patterns in which a star is any text',
    ),
})

const userRules = z.strictObject({
  protect: listOf(protectedName).describe(
    'users whom nothing adds or removes: ids, user names, e-mail addresses, or patterns in which a star is any text',
  ),
})

/** True for what can only be a JumpCloud id; anything else in a policy is a name or a pattern. */
export function isId(text: string): boolean {
  return /^[0-9a-f]{24}$/.test(text)
}

function listOf(item: z.ZodString) {
  return z.array(item).superRefine((items, context) => {
    for (const [index, one] of items.entries()) {
      if (items.indexOf(one) < index)
        context.addIssue({ code: 'custom', path: [index], message: 'this is named twice' })
    }
  })
}

/** A write without a group looks allowed to whoever reads the file, and would be refused each time. */
function refuseIdleWrites(jobs: JobEffects) {
  type Rules = {
    readonly allow: readonly string[]
    readonly groups?: { readonly allow: readonly string[] } | undefined
  }
  return ({ allow, groups }: Rules, context: z.RefinementCtx): void => {
    if (groups !== undefined && groups.allow.length > 0) return
    for (const [index, name] of allow.entries()) {
      if (jobs.get(name) !== 'write') continue
      const message = `${name} changes groups, and could change none: name those that it may change under groups.allow`
      context.addIssue({ code: 'custom', path: ['allow', index], message })
    }
  }
}
