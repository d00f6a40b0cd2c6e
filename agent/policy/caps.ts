// How much a write may change: the caps of the policy file, and whether a change keeps within them.

import { z } from 'zod'

const cap = z.int('a cap is a whole number').min(0, 'a cap is at least 0')

export const policyCaps = z.strictObject({
  addsPerRun: cap.optional().describe('members that one run may add'),
  removesPerRun: cap.optional().describe('members that one run may remove'),
})
export type PolicyCaps = z.infer<typeof policyCaps>

export type MemberChange = { readonly members: 'add' | 'remove'; readonly count: number }

/** A refusal without the place of its connection. */
export type Excess = { readonly rule: string; readonly message: string }

/** Undefined where the change keeps within the caps of one run. */
export function overRunCap(caps: PolicyCaps, { members, count }: MemberChange): Excess | undefined {
  const [name, limit] =
    members === 'add' ? (['addsPerRun', caps.addsPerRun] as const) : (['removesPerRun', caps.removesPerRun] as const)
  if (limit === undefined || count <= limit) return undefined
  return { rule: `caps.${name}`, message: `it would ${members} ${count} members, and one run may ${members} ${limit}` }
}
