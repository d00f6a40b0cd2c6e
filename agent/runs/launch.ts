// The way of one held run to its answer: through the gate, until its turn comes, to the end of its handler. It tells nobody;
// that is the outbox's work.

import type { Connections } from '../connections/connections.ts'
import type { Handler } from '../jobs/handler.ts'
import { handlers } from '../jobs.generated.ts'
import type { Log } from '../log.ts'
import type { Clock } from '../ports/clock.ts'
import { execute, wireErrorOf } from './execute.ts'
import type { Gate } from './gate.ts'
import type { Admission, HeldRun } from './held-run.ts'
import { createStartQueue } from './start-queue.ts'

export type LaunchOptions = {
  readonly gate: Gate
  readonly connections: Connections
  readonly clock: Clock
  readonly log: Log
  /** A write passed the gate; its answer may take a while. */
  readonly onAccepted: (run: HeldRun) => void
  /** The handler has ended, and nothing of the run is under way any more. */
  readonly onEnded: (run: HeldRun) => void
}

/** Takes a run that waits, and sees to it that it is answered; never throws. */
export function createLaunch(options: LaunchOptions): (run: HeldRun) => void {
  const { gate, log, onAccepted } = options

  const broken = (run: HeldRun, error: unknown) => {
    log.error('run.broken', { run: run.id, job: run.order.run.job, error })
    run.answer({ type: 'failed', error: wireErrorOf(error, run.order.run.job), outcome: undefined })
  }
  const queue = createStartQueue((run) => begin(run, options).catch((error: unknown) => broken(run, error)))

  const admit = async (run: HeldRun) => {
    try {
      run.admit(await gate(run.order.run))
    } catch (error) {
      const refusal = wireErrorOf(error, run.order.run.job)
      const level = refusal.code === 'internal_error' ? 'error' : 'warn'
      log[level]('run.refused', { run: run.id, job: run.order.run.job, code: refusal.code, rule: refusal.rule, error })
      return run.answer({ type: 'refused', error: refusal })
    }
    if (run.state !== 'waiting') return
    log.info('run.accepted', { run: run.id, job: run.order.run.job, requester: run.order.run.requester })
    if (run.admission?.effect === 'write') onAccepted(run)
    queue.add(run)
  }
  return (run) => void admit(run)
}

async function begin(run: HeldRun, options: LaunchOptions): Promise<void> {
  const { connections, clock, log } = options
  const { admission } = run
  if (run.state !== 'waiting' || admission === undefined) return
  if (clock.monotonic() - run.received.monotonicAt > run.order.ttlMs) return expire(run, admission)
  run.begin()
  // The list is made from the files: each name has the handler of its own contract.
  const handler = (await handlers[admission.job]()) as Handler
  const jumpcloud = () => connections.lane(admission, run.signal)
  await execute({ run, admission, handler, jumpcloud, clock, log })
  run.settle()
  const { answered } = run.output
  const code = answered?.type === 'failed' ? answered.error.code : undefined
  connections.learn(admission.connection, code)
  log.info('run.answered', { run: run.id, job: admission.job, answer: answered?.type, code })
  options.onEnded(run)
}

function expire(run: HeldRun, { job }: Admission): void {
  const message = `run ${job}: it waited longer than its ${run.order.ttlMs} ms to live`
  run.answer({ type: 'refused', error: { code: 'run_expired', message } })
}
