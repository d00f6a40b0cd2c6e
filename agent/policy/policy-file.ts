// The policy file: its schema, which knows the jobs that there are, and its reading. What follows from it is `decide`.

import { plainName } from '@sallyport/protocol/ids'
import type { Effect } from '@sallyport/protocol/job-contract'
import { z } from 'zod'
import { hint, parseSettings } from '../settings/parse-settings.ts'
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
  return z.strictObject({
    version: z.literal(1).describe('the form of this file'),
    connections: z
      .record(plainName, connectionRules(jobs))
      .superRefine(refuseOthers(connections))
      .describe('what each connection may do; one that is not named here may do nothing'),
  })
}

/** Reads the text of a policy file. Throws `policy_invalid` with file, line and column of each problem. */
export function readPolicyFile(text: string, file: string, context: PolicyContext): PolicyFile {
  return parseSettings({ text, file, what: 'policy', code: 'policy_invalid', schema: policyFileSchema(context) })
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
