// All runs of this replica: taken from batches, told to whichever session there is, forgotten when their answer is stored.
// They live in memory: a restart forgets them, and the plane notices by the next `hello`.

import { type ErrorCode, limits, SallyportError, type WelcomePayload } from '@sallyport/protocol'
import type { Connections } from '../connections/connections.ts'
import type { Log } from '../log.ts'
import type { Clock } from '../ports/clock.ts'
import { instantBefore } from '../ports/instant.ts'
import type { Order } from './batch.ts'
import type { Gate } from './gate.ts'
import { HeldRun } from './held-run.ts'
import { judgeKnownOrder } from './known-order.ts'
import { createLaunch } from './launch.ts'
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
    if (!run.silent) session?.outbox.wake(run)
  }

  /** Of a forgotten run only its id, its digest and the answer of a write are kept. */
  const release = (run: HeldRun) => {
    held.delete(run.id)
    session?.outbox.drop(run)
    past.remember(run)
    if (held.size === 0) draining?.resolve()
  }

  const forget = (run: HeldRun) => {
    run.forget()
    release(run)
  }

  const abandon = (run: HeldRun) => {
    run.abandon()
    if (run.state === 'forgotten') release(run)
  }

  const launch = createLaunch({
    ...options,
    onAccepted: sayAccepted,
    onEnded: (run) => run.state === 'followed' && forget(run),
  })

  /** The answer may not leave the host. Where not even the news of that may, because the id itself is the secret, nothing does. */
  const onBlocked = (run: HeldRun) => {
    const { answered } = run.output
    const isNews = answered?.type === 'failed' && answered.error.code === 'leak_blocked'
    if (isNews) return abandon(run)
    const job = run.admission?.job ?? ''
    const message = `run ${job}: what it said held the JumpCloud credential, so it was stopped on the host`
    run.overrule(new SallyportError('leak_blocked', message))
  }

  const refuse = ({ run, attempt }: Order, code: ErrorCode, why: string) =>
    say({ type: 'refused', run: run.id, attempt, error: { code, message: `run ${run.job}: ${why}` } })

  const takeNew = (order: Order): void => {
    if (draining) return say({ type: 'leaving', runs: [order.run.id] })
    if (held.size >= limits.heldRunsCount) {
      return refuse(order, 'agent_busy', `this replica holds ${held.size} runs already; try again later`)
    }
    const run = new HeldRun(order, instantBefore(order.age, clock), wake)
    held.set(run.id, run)
    launch(run)
  }

  /** Of a run that is held, or of a write that was forgotten: that one is held again. */
  const retell = (run: HeldRun, attempt: number): void => {
    held.set(run.id, run)
    run.retell(attempt)
    if (run.output.answered === undefined) sayAccepted(run)
    wake(run)
  }

  const takeOne = (order: Order): void => {
    const { id } = order.run
    const known = held.get(id) ?? past.writeOf(id)
    const digest = known?.digest ?? past.digestOf(id) ?? order.digest
    if (digest !== order.digest) {
      return refuse(order, 'run_conflict', 'a run of this id with other bytes was taken before')
    }
    if (known === undefined) return takeNew(order)
    switch (judgeKnownOrder(order, known)) {
      case 'remind':
        return wake(known)
      case 'retell':
        return retell(known, order.attempt)
      case 'restart':
        abandon(known)
        return takeNew(order)
    }
  }

  return {
    take: (orders) => orders.forEach(takeOne),

    cancel: (id) => {
      const run = held.get(id)
      if (run === undefined || run.state === 'answered') return
      if (!run.cancel()) say({ type: 'too_late', run: id, attempt: run.attempt })
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

    held: () => [...held.values()].filter(({ silent }) => !silent).map(({ id, attempt }) => ({ run: id, attempt })),

    attach: (send, { limits, held: decisions }) => {
      const credit = { sessionBytes: limits.sessionCreditBytes, runBytes: limits.runCreditBytes }
      session = { send, outbox: createOutbox({ send, credit, onBlocked }) }
      for (const run of [...held.values()]) {
        if (run.silent) continue
        const decision = decisions.find((one) => one.run === run.id && one.attempt === run.attempt)
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
