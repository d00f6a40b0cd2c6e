// The gate: what a run must pass before anything is done for it. Job, connection, params, policy; in this order, and the
// first that fails is the answer.

import { isJobName, type JobContract, jobs, type RunText, SallyportError } from '@sallyport/protocol'
import type { Policy } from '../policy/policy.ts'
import type { Admission } from './held-run.ts'

export type Gate = (run: RunText) => Promise<Admission>

/** Rejects with `job_unknown`, `connection_unknown`, `params_invalid` or `policy_denied`. */
export function createGate({ policy, connections }: { policy: Policy; connections: ReadonlySet<string> }): Gate {
  return async (run) => {
    const { job, connection } = run
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
    const params = parseParams(contract, run.params)
    const decision = policy.decide({ job, effect: contract.effect, changes: contract.changes, connection, params })
    if (!decision.allowed) throw new SallyportError('policy_denied', decision.message, { rule: decision.rule })
    return { job, effect: contract.effect, contract, params, connection }
  }
}

function parseParams(contract: JobContract, params: unknown): unknown {
  const parsed = contract.params.safeParse(params)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = ['params', ...(issue?.path ?? [])].map(String).join('.')
  throw new SallyportError('params_invalid', `run ${contract.name}: ${where}: ${issue?.message ?? 'does not fit'}`)
}
