// The policy file: its schema, which knows the jobs that there are, and its reading. What follows from it is `decide`.

import { plainName } from '@sallyport/protocol/ids'
import type { Effect } from '@sallyport/protocol/job-contract'
import { z } from 'zod'
import { hint, parseSettings } from '../settings/parse-settings.ts'

/** Each job that this agent has, and what it may do. */
export type JobEffects = ReadonlyMap<string, Effect>

export type PolicyContext = {
  readonly jobs: JobEffects
  /** The connections of the configuration, where it is known: a rule for any other is a slip. */
  readonly connections?: readonly string[]
}

export type PolicyFile = z.output<ReturnType<typeof policyFileSchema>>

/** What one connection may do. */
export type ConnectionRules = PolicyFile['connections'][string]

const wildcard = 'there are no wildcards in a policy; name each one'

const groupId = z.string().superRefine((id, context) => {
  if (/^[0-9a-f]{24}$/.test(id)) return
  const message = id.includes('*')
    ? wildcard
    : 'a group is named here by its JumpCloud id, 24 lower-case hexadecimal characters, because names can be given anew; groups.list shows ids'
  context.addIssue({ code: 'custom', message })
})

/** The schema of a policy file; strict, and built for the jobs and connections that there are. */
export function policyFileSchema({ jobs, connections }: PolicyContext) {
  const job = z.string().superRefine((name, context) => {
    if (jobs.has(name)) return
    const message = name.includes('*') ? wildcard : `there is no such job${hint(name, [...jobs.keys()].sort())}`
    context.addIssue({ code: 'custom', message })
  })
  const rules = z
    .strictObject({
      allow: z.array(job).superRefine(refuseRepeats).describe('jobs that may run, each by its name'),
      groups: z
        .strictObject({
          allow: z.array(groupId).superRefine(refuseRepeats).describe('ids of the groups that writes may change'),
        })
        .optional()
        .describe('which groups writes may change'),
    })
    .superRefine(refuseIdleWrites(jobs))
  return z.strictObject({
    version: z.literal(1).describe('the form of this file'),
    connections: z
      .record(plainName, rules)
      .superRefine(refuseOthers(connections))
      .describe('what each connection may do; one that is not named here may do nothing'),
  })
}

/** Reads the text of a policy file. Throws `policy_invalid` with file, line and column of each problem. */
export function readPolicyFile(text: string, file: string, context: PolicyContext): PolicyFile {
  return parseSettings({ text, file, what: 'policy', code: 'policy_invalid', schema: policyFileSchema(context) })
}

function refuseRepeats(items: readonly string[], context: z.RefinementCtx): void {
  for (const [index, item] of items.entries()) {
    if (items.indexOf(item) < index) context.addIssue({ code: 'custom', path: [index], message: 'this is named twice' })
  }
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

function refuseOthers(connections: readonly string[] | undefined) {
  return (named: Readonly<Record<string, unknown>>, context: z.RefinementCtx): void => {
    for (const name of Object.keys(named)) {
      if (connections === undefined || connections.includes(name)) continue
      const message = `the configuration has no connection of this name${hint(name, connections)}`
      context.addIssue({ code: 'custom', path: [name], message })
    }
  }
}
