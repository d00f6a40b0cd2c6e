// The decision itself: pure, total, and the same wherever it is asked. What is not allowed by a rule is refused.

import type { Effect, JobChanges } from '@sallyport/protocol/job-contract'
import type { EarlierChange } from './caps.ts'
import type { ConnectionRules } from './connection-rules.ts'
import { decideWrite } from './decide-write.ts'
import type { Facts, Need } from './facts.ts'
import { fieldsOf } from './fields.ts'
import { namesIn } from './names-in.ts'
import type { Pins } from './pins.ts'
import { plainReads } from './plain-reads.ts'
import type { PolicyFile } from './policy-file.ts'

/** What a run asks for; `params` are checked against the contract before, but nothing here relies on it. */
export type Ask = {
  readonly job: string
  readonly effect: Effect
  /** As the contract has it; a write without it is refused. */
  readonly changes?: JobChanges | undefined
  readonly connection: string
  readonly params: unknown
  /** Its id, and the SHA-256 of its text in hex: what an approval is for. */
  readonly run?: string
  readonly digest?: string
  readonly approval?: string | undefined
}

/** What is known at the moment of the decision, apart from the policy and what is asked. */
export type Known = {
  /** By the wall clock, in milliseconds since 1970. */
  readonly now: number
  /** Whom approvals must be for. */
  readonly agent?: string
  /** Somebody on the host has denied everything. */
  readonly isPanic?: boolean
  /** What JumpCloud says of what would be changed; undefined before it was asked. */
  readonly facts?: Facts | undefined
  /** What other runs changed on the connection, before this one; undefined while that is not known. */
  readonly counted?: readonly EarlierChange[] | undefined
  /** What the names of groups are worth that the policy allows on the connection. */
  readonly pins?: Pins | undefined
}

/** `rule` is the place in the policy that decided, in a form that does not change between versions. */
export type Decision =
  | {
      readonly allowed: true
      readonly rule: string
      /** Only if it looks and changes nothing. */
      readonly isDry: boolean
      /** What has to be known, and asked again with, before anything is changed. Empty once the facts are there. */
      readonly needs: readonly Need[]
    }
  | { readonly allowed: false; readonly rule: string; readonly message: string }

export const panicRefusal = {
  rule: 'panic',
  message: 'everything is denied on the host of the agent, until somebody there says "sallyport panic --lift"',
} as const

/** A policy file and the name by which rules speak of it. */
export type NamedPolicyFile = { readonly name: string; readonly content: PolicyFile }

/** Decides by the file, or by the default where there is none. */
export function decide(policy: NamedPolicyFile | undefined, ask: Ask, known: Known): Decision {
  if (known.isPanic) return { allowed: false, ...panicRefusal }
  if (policy === undefined) return decideWithoutFile(ask)
  const { name, content } = policy
  const rules = Object.hasOwn(content.connections, ask.connection) ? content.connections[ask.connection] : undefined
  if (rules === undefined) return unnamedConnection(name, ask)
  return decideByRules(
    { place: `${name} connections.${ask.connection}`, rules, replicas: content.replicas ?? 1 },
    ask,
    known,
  )
}

function decideWithoutFile({ job, effect }: Ask): Decision {
  const rule = 'default: plain reads'
  if (effect === 'read' && plainReads.has(job)) return { allowed: true, rule, isDry: false, needs: [] }
  const message = `${job} is not a plain read, and without a policy file nothing else is allowed; the customer can write one`
  return { allowed: false, rule, message }
}

function unnamedConnection(file: string, { connection }: Ask): Decision {
  const message = `${file} does not name the connection ${connection}, so nothing is allowed on it; the customer can add it`
  return { allowed: false, rule: `${file} connections`, message }
}

/** The rules of one connection, and where in the file they stand. */
type PlacedRules = { readonly place: string; readonly rules: ConnectionRules; readonly replicas: number }

function decideByRules({ place, rules, replicas }: PlacedRules, ask: Ask, known: Known): Decision {
  if (!rules.allow.includes(ask.job)) {
    const message = `${ask.job} is not on the list of jobs allowed on ${ask.connection}; the customer can add it`
    return { allowed: false, rule: `${place}.allow`, message }
  }
  if (ask.effect === 'read') return decideRead({ place, rules, replicas }, ask)
  const decision = decideWrite({ rules, replicas, ask, known })
  return { ...decision, rule: `${place}.${decision.rule}` }
}

/** What does not leave cannot be found out by asking for it either. */
function decideRead({ place, rules: { fields } }: PlacedRules, { job, params }: Ask): Decision {
  for (const list of ['drop', 'hash'] as const) {
    const hidden = fields?.[list]?.filter((name) => fieldsOf(job).has(name)) ?? []
    const named = hidden.length > 0 ? namesIn(params) : new Set()
    const found = hidden.find((name) => named.has(name))
    if (found === undefined) continue
    const message = `${job} may not filter, sort or search by ${found}: the policy does not let it leave as it is`
    return { allowed: false, rule: `${place}.fields.${list}`, message }
  }
  return { allowed: true, rule: `${place}.allow`, isDry: false, needs: [] }
}
