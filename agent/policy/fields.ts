// Which members of rows leave the customer's network, beyond what rows have at all: their form in the policy file, checked
// against the rows of the jobs that are allowed.

import { isJobName, jobs } from '@sallyport/protocol'
import { z } from 'zod'
import { hint } from '../settings/parse-settings.ts'

const names = z.array(z.string().min(1).max(64)).superRefine((items, context) => {
  for (const [index, one] of items.entries()) {
    if (items.indexOf(one) < index) context.addIssue({ code: 'custom', path: [index], message: 'this is named twice' })
  }
})

export const policyFields = z.strictObject({
  drop: names.optional().describe('members that are left out of rows; inside events, at any depth'),
  hash: names
    .optional()
    .describe('members of which a keyed hash is sent instead; the key stays on the host, so that only equality shows'),
  reveal: names.optional().describe('members of events that are taken out unless they are named here'),
})
export type PolicyFields = z.infer<typeof policyFields>

/** What is personal, but no secret; secrets are in no row whatever a policy says. Written without case, `_` and `-`. */
export const revealable: ReadonlySet<string> = new Set([
  ...['phone', 'phones', 'phonenumber', 'phonenumbers', 'mobile'],
  ...['address', 'addresses', 'streetaddress', 'postaladdress'],
  ...['attributes', 'customattributes', 'config', 'configuration'],
])

/** As names inside of events are compared. */
export const plainField = (name: string): string => name.toLowerCase().replaceAll(/[_-]/g, '')

/** The members of its row, and whether each is text; of a job that is not known, none. */
export function fieldsOf(job: string): ReadonlyMap<string, 'text' | 'other'> {
  return new Map(isJobName(job) ? Object.entries(jobs[job].fields) : [])
}

type Checked = { readonly allow: readonly string[]; readonly fields?: PolicyFields | undefined }

/** A name that is misspelt would protect nothing. Inside of events any name may come. */
export function refuseUnknownFields({ allow, fields = {} }: Checked, context: z.RefinementCtx): void {
  const rows = allow.map(fieldsOf)
  const known = [...new Set(rows.flatMap((row) => [...row.keys()]))].sort()
  const hasEvents = allow.includes('events.pull')
  const { drop = [], hash = [], reveal = [] } = fields
  const refuse = (list: keyof PolicyFields, index: number, message: string) =>
    context.addIssue({ code: 'custom', path: ['fields', list, index], message })
  const refuseUnknown = (list: 'drop' | 'hash', name: string, index: number) => {
    if (!hasEvents && !known.includes(name))
      refuse(list, index, `no job that is allowed here sends this${hint(name, known)}`)
  }
  for (const [index, name] of drop.entries()) refuseUnknown('drop', name, index)
  for (const [index, name] of hash.entries()) {
    refuseUnknown('hash', name, index)
    if (drop.includes(name)) refuse('hash', index, 'this is dropped already')
    if (rows.some((row) => row.get(name) === 'other')) refuse('hash', index, 'only text can be hashed; drop it')
  }
  for (const [index, name] of reveal.entries()) {
    if (!hasEvents) refuse('reveal', index, 'only events.pull has something to reveal, and it is not allowed here')
    else if (!revealable.has(plainField(name))) {
      refuse('reveal', index, `this cannot be revealed${hint(name, [...revealable].sort())}`)
    }
  }
}
