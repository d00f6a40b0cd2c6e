// All runs of this replica: taken from batches, told to whichever session there is, forgotten when their answer is stored.
// They live in memory: a restart forgets them, and the plane notices by the next `hello`.

import { type ErrorCode, limits, SallyportError, type WelcomePayload } from '@sallyport/protocol'
import type { Connections } from '../connections.ts'
import type { Log } from '../log.ts'
import type { Clock } from '../ports/clock.ts'
import type { Order } from './batch.ts'
import { cancelledError, outcomeSoFar } from './execute.ts'
import type { Gate } from './gate.ts'
import { type HeldRun, holdRun, step } from './held-run.ts'
import { answer, createLaunch } from './launch.ts'
import { createOutbox, type Outbox, type Send } from './outbox.ts'
import { createPastRuns } from './past-runs.ts'

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

export function createRuns(options: RunsOptions): Runs {
  const { clock, log } = options
  const held = new Map<string, HeldRun>()
  const past = createPastRuns()
  let session: { readonly send: Send; readonly outbox: Outbox } | undefined
  let draining: PromiseWithResolvers<void> | undefined

  const say = (frame: Readonly<Record<string, unknown>>) => void session?.send(JSON.stringify(frame))
  const sayAccepted = ({ id, attempt }: HeldRun) => say({ type: 'accepted', run: id, attempt })
  const wake = (run: HeldRun) => {
    if (held.get(run.id) === run && !run.abandoned) session?.outbox.wake(run)
  }

  const forget = (run: HeldRun) => {
    step(run, 'forgotten')
    held.delete(run.id)
    session?.outbox.drop(run)
    past.remember(run)
    if (held.size === 0) draining?.resolve()
  }

  /** Nothing more is told of it. A change that may have left the host is still followed, and its answer kept. */
  const abandon = (run: HeldRun) => {
    run.cancelled = true
    run.abandoned = true
    if (run.state !== 'running' || !run.changing) forget(run)
    if (run.output.answered === undefined && !run.changing) run.output.drop()
    run.abort.abort(new SallyportError('cancelled', `run ${run.order.run.job}: another attempt has taken over`))
  }

  const launch = createLaunch({
    ...options,
    onAccepted: (run) => held.get(run.id) === run && sayAccepted(run),
    onEnded: (run) => run.abandoned && run.state === 'answered' && forget(run),
  })

  /** The answer may not leave the host. Where not even the news of that may, because the id itself is the secret, nothing does. */
  const onBlocked = (run: HeldRun) => {
    const { answered } = run.output
    const isNews = answered?.type === 'failed' && answered.error.code === 'leak_blocked'
    if (isNews) return abandon(run)
    const message = `run ${run.admission?.job ?? ''}: what it said held the JumpCloud credential, so it was stopped on the host`
    run.cancelled = true
    run.output.overrule({ type: 'failed', error: { code: 'leak_blocked', message }, outcome: outcomeSoFar(run) })
    run.abort.abort(new SallyportError('leak_blocked', message))
  }

  const refuse = ({ run, attempt }: Order, code: ErrorCode, why: string) =>
    say({ type: 'refused', run: run.id, attempt, error: { code, message: `run ${run.job}: ${why}` } })

  const hold = (order: Order): void => {
    const run = holdRun(order, { wallAt: clock.now(), monotonicAt: clock.monotonic() }, wake)
    held.set(run.id, run)
    launch(run)
  }

  /** The attempt in progress goes on, under the number of the new one, and an answer is told again. */
  const takeAgain = (run: HeldRun, order: Order): void => {
    if (order.attempt > run.attempt || run.abandoned) {
      run.attempt = Math.max(order.attempt, run.attempt)
      run.abandoned = false
      run.output.become(run.attempt)
      run.output.rewind(0)
      if (run.output.answered === undefined) sayAccepted(run)
    }
    wake(run)
  }

  const takeOne = (order: Order): void => {
    const { id } = order.run
    const current = held.get(id)
    const digest = current?.digest ?? past.digestOf(id)
    if (digest !== undefined && digest !== order.digest) {
      return refuse(order, 'run_conflict', 'a run of this id with other bytes was taken before')
    }
    // A new attempt of a read begins at page 0, which may be gone here; a write is never done twice.
    const beginsAnew = current !== undefined && order.attempt > current.attempt && current.admission?.effect !== 'write'
    if (current !== undefined && !beginsAnew) return takeAgain(current, order)
    if (current !== undefined) abandon(current)
    const answered = past.revive(id)
    if (answered !== undefined) {
      held.set(id, answered)
      answered.abandoned = true
      return takeAgain(answered, order)
    }
    if (draining) return say({ type: 'leaving', runs: [id] })
    if (held.size >= limits.heldRunsCount) {
      return refuse(order, 'agent_busy', `this replica holds ${held.size} runs already; try again later`)
    }
    hold(order)
  }

  return {
    take: (orders) => orders.forEach(takeOne),

    cancel: (id) => {
      const run = held.get(id)
      if (run === undefined || run.state === 'answered') return
      run.cancelled = true
      if (run.changing) return say({ type: 'too_late', run: id, attempt: run.attempt })
      const error = cancelledError(run)
      answer(run, { type: 'failed', error, outcome: outcomeSoFar(run) })
      run.abort.abort(new SallyportError('cancelled', error.message))
    },

    credit: (id, bytes) => {
      const run = id === undefined ? undefined : held.get(id)
      if (id === undefined || run !== undefined) session?.outbox.credit(run, bytes)
    },

    acknowledge: (id, attempt, seq) => {
      const run = held.get(id)
      if (run === undefined || run.attempt !== attempt) return
      if (seq !== 'final') return run.output.stored(seq)
      // Otherwise it is for the refusal of other bytes under the same id.
      if (run.output.told) forget(run)
    },

    held: () =>
      [...held.values()].filter(({ abandoned }) => !abandoned).map(({ id, attempt }) => ({ run: id, attempt })),

    attach: (send, { limits, held: decisions }) => {
      const credit = { sessionBytes: limits.sessionCreditBytes, runBytes: limits.runCreditBytes }
      session = { send, outbox: createOutbox({ send, credit, onBlocked }) }
      for (const run of [...held.values()]) {
        const decision = decisions.find((one) => one.run === run.id && one.attempt === run.attempt)
        if (run.abandoned) continue
        if (!decision?.keep) abandon(run)
        else run.output.rewind(decision.next)
        wake(run)
      }
    },

    detach: () => {
      session?.outbox.close()
      session = undefined
    },

    drain: async () => {
      draining ??= Promise.withResolvers()
      const unstarted = [...held.values()].filter(({ state }) => state === 'waiting')
      say({ type: 'leaving', runs: unstarted.map(({ id }) => id) })
      for (const run of unstarted) forget(run)
      if (held.size === 0) draining.resolve()
      await draining.promise
      log.info('runs.drained')
    },
  }
}
