// The gate: what a run must pass before anything is done for it. Job, connection, params, policy; in this order, and the
// first that fails is the answer.

import { type Effect, isJobName, type JobContract, type JobName, jobs, SallyportError } from '@sallyport/protocol'
import type { PolicyInForce } from '../policy/policy-in-force.ts'
import { type AskedOrder, judge } from './judge.ts'
import { paramsIn } from './run-head.ts'

/** What the gate made of an order. */
export type Admission = {
  readonly job: JobName
  readonly effect: Effect
  readonly contract: JobContract
  readonly params: unknown
  readonly connection: string
  /** Of the policy, which let it through; undefined where it was let through before. */
  readonly rule?: string
}

/** `isDecided`: the policy let it through before, and what is left to do changes nothing. */
export type Gate = (order: AskedOrder, isDecided?: boolean) => Promise<Admission>

export type GateOptions = {
  readonly policy: Pick<PolicyInForce, 'decide'>
  readonly connections: ReadonlySet<string>
}

/** Rejects with `job_unknown`, `connection_unknown`, `params_invalid` or `policy_denied`. */
export function createGate({ policy, connections }: GateOptions): Gate {
  return async (order, isDecided = false) => {
    const { job, connection } = order.run
    if (!isJobName(job)) {
      throw new SallyportError(
        'job_unknown',
        `run ${job}: this agent has no job of that name. Update the agent, or mend the name.`,
      )
    }
    if (!connections.has(connection)) {
      const known = [...connections].join(', ')
      throw new SallyportError(
        'connection_unknown',
        `run ${job}: this agent has no connection "${connection}", only ${known}`,
      )
    }
    // Each contract has types of its own; from here on its schemas are what is trusted.
    const contract = (await jobs[job].load()) as JobContract
    const params = parseParams(contract, paramsIn(order.text))
    const admission: Admission = { job, effect: contract.effect, contract, params, connection }
    return isDecided ? admission : judge(admission, order, policy)
  }
}

/** It names what was misspelt, and a misspelling may be as long as the whole text. */
const longestComplaint = 300

function parseParams(contract: JobContract, params: unknown): unknown {
  const parsed = contract.params.safeParse(params)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = ['params', ...(issue?.path ?? [])].map(String).join('.')
  throw new SallyportError(
    'params_invalid',
    `run ${contract.name}: ${where}: ${issue?.message.slice(0, longestComplaint) ?? 'does not fit'}`,
  )
}
