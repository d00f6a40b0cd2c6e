// All runs of this replica: taken from batches, started by lane, told to whichever session there is, forgotten when their
// answer is stored. They live in memory: a restart forgets them, and the plane notices by the next `hello`.

import { limits, type WelcomePayload } from '@sallyport/protocol'
import type { Connections } from '../connections.ts'
import type { Handler } from '../jobs/handler.ts'
import { handlers } from '../jobs.generated.ts'
import type { Log } from '../log.ts'
import type { Clock } from '../ports/clock.ts'
import type { Order } from './batch.ts'
import { cancelledError, execute, wireErrorOf } from './execute.ts'
import type { Gate } from './gate.ts'
import { type HeldRun, holdRun, step } from './held-run.ts'
import { createOutbox, type Outbox, type Send } from './outbox.ts'
import { createPastRuns } from './past-runs.ts'
import { createStartQueue } from './start-queue.ts'

export type Runs = {
  take(orders: readonly Order[]): void
  cancel(id: string): void
  credit(id: string | undefined, bytes: number): void
  acknowledge(id: string, attempt: number, seq: number | 'final'): void
  /** What `hello` says is still held. */
  held(): readonly { readonly run: string; readonly attempt: number }[]
  attach(send: Send, welcome: WelcomePayload): void
  detach(): void
  /** Takes nothing new, hands back what was not started, and resolves when the rest is answered and stored. */
  drain(): Promise<void>
}

export type RunsOptions = {
  readonly gate: Gate
  readonly connections: Connections
  readonly clock: Clock
  readonly log: Log
}

export function createRuns({ gate, connections, clock, log }: RunsOptions): Runs {
  const held = new Map<string, HeldRun>()
  const past = createPastRuns()
  let session: { readonly send: Send; readonly outbox: Outbox } | undefined
  let draining: PromiseWithResolvers<void> | undefined

  const say = (frame: Readonly<Record<string, unknown>>) => void session?.send(JSON.stringify(frame))
  const wake = (run: HeldRun) => session?.outbox.wake(run)

  const settle = (run: HeldRun) => {
    if (run.state === 'waiting' || run.state === 'running') step(run, 'answered')
  }

  const answer = (run: HeldRun, final: Parameters<HeldRun['output']['finish']>[0]) => {
    settle(run)
    run.output.finish(final)
  }

  const forget = (run: HeldRun) => {
    if (run.state === 'forgotten') return
    step(run, 'forgotten')
    held.delete(run.id)
    past.remember(run)
    if (held.size === 0) draining?.resolve()
  }

  const start = async (run: HeldRun) => {
    const { admission } = run
    if (run.state !== 'waiting' || admission === undefined) return
    if (clock.monotonic() - run.received.monotonicAt > run.order.ttlMs) {
      const message = `run ${admission.job}: it waited longer than its ${run.order.ttlMs} ms to live`
      return answer(run, { type: 'refused', error: { code: 'run_expired', message } })
    }
    step(run, 'running')
    // The list is made from the files: each name has the handler of its own contract.
    const handler = (await handlers[admission.job]()) as Handler
    const jumpcloud = () => connections.lane(admission, run.abort.signal)
    await execute({ run, admission, handler, jumpcloud, clock, log })
    settle(run)
    const { answered } = run.output
    connections.learn(admission.connection, answered?.type === 'failed' ? answered.error.code : undefined)
    log.info('run.answered', { run: run.id, job: admission.job, answer: answered?.type })
  }
  const queue = createStartQueue(start)

  const admit = async (run: HeldRun) => {
    try {
      run.admission = await gate(run.order.run)
    } catch (error) {
      const refusal = wireErrorOf(error, run.order.run.job)
      log.warn('run.refused', { run: run.id, job: run.order.run.job, code: refusal.code, rule: refusal.rule })
      return answer(run, { type: 'refused', error: refusal })
    }
    if (run.state !== 'waiting') return
    log.info('run.accepted', { run: run.id, job: run.admission.job, requester: run.order.run.requester })
    if (run.admission.effect === 'write') say({ type: 'accepted', run: run.id, attempt: run.attempt })
    queue.add(run)
  }

  const takeKnown = (run: HeldRun, order: Order): void => {
    run.attempt = order.attempt
    run.output.become(order.attempt)
    wake(run)
  }

  const takeOne = (order: Order): void => {
    const { id, job } = order.run
    const known = held.get(id) ?? past.get(id)
    const refuse = (code: 'run_conflict' | 'agent_busy', message: string) =>
      say({ type: 'refused', run: id, attempt: order.attempt, error: { code, message } })
    if (known !== undefined && known.digest !== order.digest) {
      return refuse('run_conflict', `run ${job}: a run of this id with other bytes was taken before`)
    }
    if (known !== undefined && held.has(id)) return takeKnown(known as HeldRun, order) // held, so not a bare digest
    const again = past.revive(id)
    if (again !== undefined) {
      held.set(id, again)
      again.output.rewind(0)
      return takeKnown(again, order)
    }
    if (draining) return say({ type: 'leaving', runs: [id] })
    if (held.size >= limits.heldRunsCount)
      return refuse('agent_busy', `run ${job}: this replica holds ${held.size} runs already`)
    const run = holdRun(order, { wallAt: clock.now(), monotonicAt: clock.monotonic() }, wake)
    held.set(id, run)
    void admit(run)
  }

  return {
    take: (orders) => orders.forEach(takeOne),

    cancel: (id) => {
      const run = held.get(id)
      if (run === undefined) return
      run.cancelled = true
      if (run.changing) return say({ type: 'too_late', run: id, attempt: run.attempt })
      if (run.state === 'answered') return
      answer(run, { type: 'failed', error: cancelledError(run), outcome: undefined })
      run.abort.abort(new Error('cancelled'))
    },

    credit: (id, bytes) => {
      const run = id === undefined ? undefined : held.get(id)
      if (id === undefined || run !== undefined) session?.outbox.credit(run, bytes)
    },

    acknowledge: (id, attempt, seq) => {
      const run = held.get(id)
      if (run === undefined || run.attempt !== attempt) return
      if (seq === 'final') forget(run)
      else run.output.stored(seq)
    },

    held: () => [...held.values()].map(({ id, attempt }) => ({ run: id, attempt })),

    attach: (send, welcome) => {
      const onBlocked = (run: HeldRun) => {
        const message = `run ${run.order.run.job}: the answer held the JumpCloud credential, so it was stopped on the host`
        run.output.overrule({
          type: 'failed',
          error: { code: 'leak_blocked', message },
          outcome: run.changing ? 'unknown' : undefined,
        })
        run.abort.abort(new Error('leak blocked'))
      }
      const { sessionCreditBytes, runCreditBytes } = welcome.limits
      const outbox = createOutbox({
        send,
        credit: { sessionBytes: sessionCreditBytes, runBytes: runCreditBytes },
        onBlocked,
      })
      session = { send, outbox }
      for (const { run: id, keep, next } of welcome.held) {
        const run = held.get(id)
        if (run === undefined) continue
        if (keep) run.output.rewind(next)
        else abandon(run)
      }
      for (const run of held.values()) wake(run)
    },

    detach: () => {
      session?.outbox.close()
      session = undefined
    },

    drain: async () => {
      draining ??= Promise.withResolvers()
      const unstarted = [...held.values()].filter(({ state }) => state === 'waiting')
      if (unstarted.length > 0) say({ type: 'leaving', runs: unstarted.map(({ id }) => id) })
      for (const run of unstarted) forget(run)
      if (held.size === 0) draining.resolve()
      await draining.promise
    },
  }

  function abandon(run: HeldRun): void {
    run.cancelled = true
    run.output.finish({ type: 'failed', error: cancelledError(run), outcome: undefined })
    run.abort.abort(new Error('abandoned'))
    forget(run)
  }
}
