// One agent, as a caller of jobs sees it: names, params and rows are typed by the contracts.

import type { JobName, jobs, ParamsInputOf, RowOf } from '@sallyport/protocol'
import { JobRun } from './job-run.ts'
import type { Transport } from './transport.ts'

type ContractOf<Name extends JobName> = Awaited<ReturnType<(typeof jobs)[Name]['load']>>
export type JobParams<Name extends JobName> = ParamsInputOf<ContractOf<Name>>
export type JobRow<Name extends JobName> = RowOf<ContractOf<Name>>

export type RunOptions = {
  /** The name of the JumpCloud organisation in the agent's configuration; `main` where it is left out. */
  readonly connection?: string
  /** Not started by then, the run expires; 5 minutes where it is left out. */
  readonly ttlMs?: number
  /** The same key with the same content is one run, however often it is submitted. */
  readonly idempotencyKey?: string
  /** The customer's word for this very run, made by `sallyport approve`, where their policy asks for it. */
  readonly approval?: string
  /** Aborted, it cancels the run and ends whoever waits for it. */
  readonly signal?: AbortSignal
}

export type AgentClient = {
  /** Submits at once. What is refused is thrown where the run is iterated or its end asked for. */
  run<Name extends JobName>(job: Name, params: JobParams<Name>, options?: RunOptions): JobRun<JobRow<Name>>
}

export function createAgentClient(transport: Transport, agent: string): AgentClient {
  return {
    run(job, params, { connection = 'main', signal, ...rest } = {}) {
      const id = signal?.aborted
        ? Promise.reject(signal.reason)
        : transport.submit({ agent, job, connection, params, ...rest })
      return new JobRun({ transport, id, signal })
    },
  }
}
