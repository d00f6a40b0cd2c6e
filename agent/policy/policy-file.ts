// The policy file: its schema, which knows the jobs that there are, and its reading. What follows from it is `decide`.

import { plainName } from '@sallyport/protocol/ids'
import type { Effect } from '@sallyport/protocol/job-contract'
import { z } from 'zod'
import { hint, parseSettings } from '../settings/parse-settings.ts'
import type { PolicyCaps } from './caps.ts'
import { connectionRules } from './connection-rules.ts'

/** Each job that this agent has, and what it may do. */
export type JobEffects = ReadonlyMap<string, Effect>

export type PolicyContext = {
  readonly jobs: JobEffects
  /** The connections of the configuration, where it is known: a rule for any other is a slip. */
  readonly connections?: readonly string[]
}

export type PolicyFile = z.output<ReturnType<typeof policyFileSchema>>

/** The schema of a policy file; strict, and built for the jobs and connections that there are. */
export function policyFileSchema({ jobs, connections }: PolicyContext) {
  const file = z.strictObject({
    version: z.literal(1).describe('the form of this file'),
    replicas: z
      .int('this is the number of replicas')
      .min(1, 'there is one replica at least')
      .max(100, 'there are at most 100 replicas')
      .optional()
      .describe('how many replicas share what is allowed in an hour; each enforces its part. 1 if left out'),
    connections: z
      .record(plainName, connectionRules(jobs))
      .superRefine(refuseOthers(connections))
      .describe('what each connection may do; one that is not named here may do nothing'),
  })
  return file.superRefine(refuseEmptyParts)
}

/** Reads the text of a policy file. Throws `policy_invalid` with file, line and column of each problem. */
export function readPolicyFile(text: string, file: string, context: PolicyContext): PolicyFile {
  return parseSettings({ text, file, what: 'policy', code: 'policy_invalid', schema: policyFileSchema(context) })
}

/** A cap that leaves each replica nothing looks like leave to whoever reads the file. */
function refuseEmptyParts(file: FileToCheck, context: z.RefinementCtx): void {
  const { replicas = 1, connections } = file
  for (const [connection, { caps }] of Object.entries(connections)) {
    for (const name of ['addsPerHour', 'removesPerHour'] as const) {
      const limit = caps?.[name]
      if (limit === undefined || limit === 0 || limit >= replicas) continue
      const message = `of ${limit}, each of ${replicas} replicas would have none; allow ${replicas} at least, or 0`
      context.addIssue({ code: 'custom', path: ['connections', connection, 'caps', name], message })
    }
  }
}

type FileToCheck = {
  readonly replicas?: number | undefined
  readonly connections: Readonly<Record<string, { readonly caps?: PolicyCaps | undefined }>>
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
