// The policy in force: which file it came from, its digest, and the decisions. It is read once and never changed from the wire.

import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import type { Files } from '../ports/files.ts'
import { readSettingsText } from '../settings/read-settings-text.ts'
import type { ConnectionRules } from './connection-rules.ts'
import { type Ask, type Decision, decide, type Known } from './decide.ts'
import { plainReads } from './plain-reads.ts'
import { type PolicyContext, readPolicyFile } from './policy-file.ts'

export type Policy = {
  /** SHA-256 of the file in lower-case hexadecimal, as `sha256sum` prints it; null without a file. */
  readonly digest: string | null
  /** The jobs that are allowed on one connection at least, for some params; what the agent says it will accept. */
  readonly jobs: readonly string[]
  decide(ask: Ask, known: Known): Decision
  /** Those that are allowed on one connection. */
  jobsOf(connection: string): readonly string[]
  /** Among how many what is allowed in an hour is divided. */
  readonly replicas: number
  /** Those that the file names. */
  readonly connections: readonly string[]
  /** What the file says of the connection, if it names it. */
  rulesOf(connection: string): ConnectionRules | undefined
}

export type PolicySource = PolicyContext & {
  /** Undefined where there is no policy file: plain reads alone are allowed then, on every connection. */
  readonly file?: { readonly path: string; readonly text: string } | undefined
}

/** The policy that a file states, or the default. Throws `policy_invalid`. */
export function createPolicy({ file, ...context }: PolicySource): Policy {
  const known = [...context.jobs.keys()].sort()
  if (file === undefined) {
    const jobs = known.filter((job) => plainReads.has(job))
    return {
      digest: null,
      jobs,
      jobsOf: () => jobs,
      decide: (...asked) => decide(undefined, ...asked),
      replicas: 1,
      connections: [],
      rulesOf: () => undefined,
    }
  }
  // A refusal travels to the plane with its rule, and the folders of the host are nobody's business there.
  const policy = { name: basename(file.path), content: readPolicyFile(file.text, file.path, context) }
  const named = new Set(Object.values(policy.content.connections).flatMap(({ allow }) => allow))
  const rules = new Map(Object.entries(policy.content.connections))
  return {
    digest: digestOf(file.text),
    jobs: known.filter((job) => named.has(job)),
    jobsOf: (connection) => rules.get(connection)?.allow ?? [],
    decide: (...asked) => decide(policy, ...asked),
    replicas: policy.content.replicas ?? 1,
    connections: [...rules.keys()],
    rulesOf: (connection) => rules.get(connection),
  }
}

export type PolicyLocation = PolicyContext & {
  /** Undefined where the customer has no policy file. A path to a file that is not there is an error. */
  readonly path: string | undefined
  readonly files: Files
  /** Made of this very file earlier: it is given back where the file still says the same. */
  readonly before?: Policy | undefined
}

/** Reads the policy file, if there is one, and makes the policy. Throws `policy_invalid`. */
export async function loadPolicy({ path, files, before, ...context }: PolicyLocation): Promise<Policy> {
  if (path === undefined) return createPolicy(context)
  const text = await readSettingsText({ path, files, what: 'policy', code: 'policy_invalid' })
  if (before?.digest === digestOf(text)) return before
  return createPolicy({ ...context, file: { path, text } })
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}
