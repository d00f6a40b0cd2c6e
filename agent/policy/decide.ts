// The decision itself: pure, total, and the same wherever it is asked. What is not allowed by a rule is refused.

import type { Effect, JobContract } from '@sallyport/protocol/job-contract'
import { plainReads } from './plain-reads.ts'
import type { ConnectionRules, PolicyFile } from './policy-file.ts'
import { touchedGroups } from './touched-groups.ts'

/** What a run asks for; `params` are checked against the contract before, but nothing here relies on it. */
export type Ask = {
  readonly job: string
  readonly effect: Effect
  /** As the contract has it; a write without it is refused. */
  readonly changes?: JobContract['changes']
  readonly connection: string
  readonly params: unknown
}

/** `rule` is the place in the policy that decided, in a form that does not change between versions. */
export type Decision =
  | { readonly allowed: true; readonly rule: string }
  | { readonly allowed: false; readonly rule: string; readonly message: string }

/** A policy file and the name by which rules speak of it. */
export type NamedPolicyFile = { readonly name: string; readonly content: PolicyFile }

/** Decides by the file, or by the default where there is none. */
export function decide(policy: NamedPolicyFile | undefined, ask: Ask): Decision {
  if (policy === undefined) return decideWithoutFile(ask)
  const { name, content } = policy
  const rules = Object.hasOwn(content.connections, ask.connection) ? content.connections[ask.connection] : undefined
  if (rules === undefined) return unnamedConnection(name, ask)
  return decideByRules(`${name} connections.${ask.connection}`, rules, ask)
}

function decideWithoutFile({ job, effect }: Ask): Decision {
  const rule = 'default: plain reads'
  if (effect === 'read' && plainReads.has(job)) return { allowed: true, rule }
  const message = `${job} is not a plain read, and without a policy file nothing else is allowed; the customer can write one`
  return { allowed: false, rule, message }
}

function unnamedConnection(file: string, { connection }: Ask): Decision {
  const message = `${file} does not name the connection ${connection}, so nothing is allowed on it; the customer can add it`
  return { allowed: false, rule: `${file} connections`, message }
}

function decideByRules(place: string, { allow, groups }: ConnectionRules, ask: Ask): Decision {
  if (!allow.includes(ask.job)) {
    const message = `${ask.job} is not on the list of jobs allowed on ${ask.connection}; the customer can add it`
    return { allowed: false, rule: `${place}.allow`, message }
  }
  if (ask.effect === 'read') return { allowed: true, rule: `${place}.allow` }
  return decideByGroups(`${place}.groups.allow`, groups?.allow ?? [], ask)
}

function decideByGroups(rule: string, allowed: readonly string[], { job, connection, changes, params }: Ask): Decision {
  const groups = touchedGroups(changes, params)
  if (groups === undefined) {
    return { allowed: false, rule, message: `it cannot be told from the params which groups ${job} would change` }
  }
  const outside = groups.filter((group) => !allowed.includes(group))
  if (outside.length === 0) return { allowed: true, rule }
  const message = `${job} may not change group ${outside.join(', ')} on ${connection}; the customer can add the id`
  return { allowed: false, rule, message }
}
