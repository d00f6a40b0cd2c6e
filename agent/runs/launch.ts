// The way of one held run to its answer: through the gate, into the journal where it writes, until its turn comes, to the end
// of its handler. It tells nobody; that is the outbox's work.

import { SallyportError, times } from '@sallyport/protocol'
import type { Connections } from '../connections/connections.ts'
import type { Patience } from '../connections/parking.ts'
import type { Handler } from '../jobs/handler.ts'
import { handlers } from '../jobs.generated.ts'
import type { Journal } from '../journal/journal.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Log } from '../log.ts'
import type { PolicyInForce } from '../policy/policy-in-force.ts'
import type { Clock } from '../ports/clock.ts'
import { elapsedSince } from '../ports/instant.ts'
import { execute, wireErrorOf } from './execute.ts'
import type { Admission, Gate } from './gate.ts'
import type { HeldRun } from './held-run.ts'
import { judge, permit } from './judge.ts'
import { createStartQueue } from './start-queue.ts'

export type LaunchOptions = {
  readonly gate: Gate
  readonly policy: PolicyInForce
  readonly connections: Connections
  readonly journal: Pick<Journal, 'state'>
  readonly ledger: Pick<Ledger, 'state'>
  readonly clock: Clock
  readonly log: Log
  /** A write passed the gate and is in the journal; its answer may take a while. */
  readonly onAccepted: (run: HeldRun) => void
  /** It waits for a credential, or does not any more. */
  readonly onParked: (run: HeldRun, isParked: boolean) => void
  /** A write cannot be written down now, or cannot start any more: nothing was done of it. */
  readonly onUnkept: (run: HeldRun) => void
  /** The handler has ended, and nothing of the run is under way any more. */
  readonly onEnded: (run: HeldRun) => void
}

/** Takes a run that waits, and sees to it that it is answered; never throws. */
export function createLaunch(options: LaunchOptions): (run: HeldRun) => void {
  const { log } = options

  const broken = (run: HeldRun, error: unknown) => {
    log.error('run.broken', { run: run.id, job: run.order.run.job, error })
    run.answer({ type: 'failed', error: wireErrorOf(error, run.order.run.job), outcome: run.outcomeSoFar })
  }
  const onParked: LaunchOptions['onParked'] = (run, isParked) => {
    queue.rest(run, isParked)
    options.onParked(run, isParked)
  }
  const queue = createStartQueue((run) => begin(run, { ...options, onParked }).catch((error) => broken(run, error)))

  const launch = async (run: HeldRun) => {
    if (!(await admit(run, options))) return
    if (run.effect === 'write' && !(await keep(run, options))) return
    if (run.state === 'waiting') queue.add(run)
  }
  return (run) => void launch(run).catch((error: unknown) => broken(run, error))
}

/** What was read, and by whom it was wanted, is in the ledger, run by run. */
function levelOf({ effect }: HeldRun): 'info' | 'debug' {
  return effect === 'write' ? 'info' : 'debug'
}

/** False where it is over with that. */
async function admit(run: HeldRun, { gate, log }: LaunchOptions): Promise<boolean> {
  const { job, requester } = run.order.run
  // What an earlier process may have changed is looked at, whatever the policy says by now.
  const isDecided = run.past?.effect === 'write'
  try {
    run.admit(await gate(run.order, isDecided))
    if (run.past === undefined && run.admission !== undefined) run.ledger.accepted(run.admission)
  } catch (error) {
    const refusal = wireErrorOf(error, job)
    const level = refusal.code === 'internal_error' ? 'error' : 'warn'
    log[level]('run.refused', { run: run.id, job, code: refusal.code, rule: refusal.rule, error })
    // It was accepted once, and what is accepted is not refused.
    if (run.past === undefined) run.answer({ type: 'refused', error: refusal })
    else run.answer({ type: 'failed', error: refusal, outcome: run.outcomeSoFar })
    return false
  }
  if (run.state !== 'waiting') return false
  log[levelOf(run)]('run.accepted', { run: run.id, job, requester })
  return true
}

/** Writes it down before it is accepted. False where that is not possible. */
async function keep(
  run: HeldRun,
  { policy, journal, ledger, log, onAccepted, onUnkept }: LaunchOptions,
): Promise<boolean> {
  if (run.past !== undefined) return true
  try {
    // After a loss a new file could be written, but writes wait until a person has looked.
    const { name, message } = journal.state.name === 'ok' ? ledger.state : journal.state
    if (name !== 'ok') throw new SallyportError('journal_unavailable', message)
    await run.journal.hold('write', policy.wantsApproval(run.order.run.connection))
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error
    log.warn('run.not_journalled', { run: run.id, job: run.order.run.job, error })
    if (run.state !== 'waiting') return false
    if (error.code === 'journal_unavailable') onUnkept(run)
    else run.answer({ type: 'refused', error: wireErrorOf(error, run.order.run.job) })
    return false
  }
  if (run.state === 'waiting') onAccepted(run)
  return true
}

async function begin(run: HeldRun, options: LaunchOptions): Promise<void> {
  const { connections, policy, clock, log } = options
  const admission = run.state === 'waiting' ? admittedAnew(run, options) : undefined
  if (admission === undefined) return
  run.begin()
  // The list is made from the files: each name has the handler of its own contract.
  const handler = (await handlers[admission.job]()) as Handler
  const place = policy.newPlace(run.id)
  await execute({
    ...{ run, admission, handler, clock, log },
    jumpcloud: (progress) =>
      connections.lane(admission, run.signal, {
        ...{ progress, patience: patienceOf(run, options) },
        onCalled: (called) => run.ledger.called(called),
      }),
    permit: (jumpcloud) => permit(admission, { order: run.order, place, policy, jumpcloud }),
    settled: (sentCount) => policy.settle(place, sentCount),
    isPanic: policy.isPanic,
    redaction: policy.redactionOf(admission.connection),
  })
  if (run.isSuspended) return log.info('run.suspended', { run: run.id, job: admission.job })
  run.settle()
  const { answered } = run.output
  // Handed back, or another attempt has it.
  if (answered === undefined) return
  const code = answered.type === 'failed' ? answered.error.code : undefined
  connections.learn(admission.connection, code)
  log[code === undefined ? levelOf(run) : 'info']('run.answered', {
    run: run.id,
    job: admission.job,
    answer: answered.type,
    code,
  })
  options.onEnded(run)
  // The place of a long one is for the next when its pages are gone, so that what waits to be sent is bounded.
  if (!run.short) await run.output.emptied()
}

/**
 * It waits for a credential no longer than it may live. A write of which nothing was sent waits here only as long as it may start,
 * and then at the plane, which gives it out again.
 */
function patienceOf(run: HeldRun, { clock, log, onParked, onUnkept }: LaunchOptions): Patience {
  let waitingCount = 0
  let callOff = () => {}
  const giveUpStarting = () => {
    if (run.effect !== 'write') return
    const { monotonicMs, wallMs } = elapsedSince(run.received, clock)
    callOff = clock.after(Math.max(0, times.startWithinMs - Math.max(monotonicMs, wallMs)), () => {
      if (run.state === 'running' && !run.changing) onUnkept(run)
    })
  }
  return {
    leftMs: () => run.order.ttlMs - (clock.monotonic() - run.received.monotonicAt),
    onParked: (isParked) => {
      // Its calls wait together, and each says so.
      const before = waitingCount
      waitingCount += isParked ? 1 : -1
      if (before !== 0 && waitingCount !== 0) return
      log.info(isParked ? 'run.parked' : 'run.unparked', { run: run.id, job: run.order.run.job })
      callOff()
      if (isParked) giveUpStarting()
      onParked(run, isParked)
    },
  }
}

/** What waited is decided anew. A write of an earlier process only looks, and what was accepted then is not refused. */
function admittedAnew(run: HeldRun, { policy, clock, log }: LaunchOptions): Admission | undefined {
  const { admission, past } = run
  if (admission === undefined || past !== undefined) return admission
  try {
    if (clock.monotonic() - run.received.monotonicAt > run.order.ttlMs) throw expired(run, admission)
    run.admit(judge(admission, run.order, policy))
    return run.admission
  } catch (error) {
    const refusal = wireErrorOf(error, admission.job)
    log.warn('run.refused', { run: run.id, job: admission.job, code: refusal.code, rule: refusal.rule, error })
    run.answer({ type: 'refused', error: refusal })
    return undefined
  }
}

function expired(run: HeldRun, { job }: Admission): SallyportError {
  const message = `run ${job}: it waited longer than its ${run.order.ttlMs} ms to live`
  return new SallyportError('run_expired', message)
}
