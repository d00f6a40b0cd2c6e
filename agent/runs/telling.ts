// What runs have to say, to the session that there is; without one nobody is told, and nothing is lost by it.

import { SallyportError, type WelcomePayload } from '@sallyport/protocol'
import type { HeldRun } from './held-run.ts'
import { createOutbox, type Outbox, type Send } from './outbox.ts'

export type Telling = {
  /** A small frame, at once. */
  say(frame: Readonly<Record<string, unknown>>): void
  /** The run may have something to say now. */
  wake(run: HeldRun): void
  /** The run has nothing to say any more. */
  drop(run: HeldRun): void
  /** The total since the session began; without a run, that of the session. */
  credit(run: HeldRun | undefined, bytes: number): void
  begin(send: Send, limits: WelcomePayload['limits']): void
  end(): void
}

/** `giveUp` is for a run of which nothing may be told. */
export function createTelling(giveUp: (run: HeldRun) => void): Telling {
  let session: { readonly send: Send; readonly outbox: Outbox } | undefined

  /** The answer may not leave the host. Where not even the news of that may, because the id itself is the secret, nothing does. */
  const onBlocked = (run: HeldRun) => {
    const { answered } = run.output
    const isNews = answered?.type === 'failed' && answered.error.code === 'leak_blocked'
    if (isNews) return giveUp(run)
    const job = run.admission?.job ?? ''
    const message = `run ${job}: what it said held the JumpCloud credential, so it was stopped on the host`
    run.overrule(new SallyportError('leak_blocked', message))
  }

  return {
    say: (frame) => void session?.send(JSON.stringify(frame)),
    wake: (run) => {
      if (!run.silent) session?.outbox.wake(run)
    },
    drop: (run) => session?.outbox.drop(run),
    credit: (run, bytes) => session?.outbox.credit(run, bytes),
    begin: (send, { sessionCreditBytes: sessionBytes, runCreditBytes: runBytes }) => {
      session = { send, outbox: createOutbox({ send, credit: { sessionBytes, runBytes }, onBlocked }) }
    },
    end: () => {
      session?.outbox.close()
      session = undefined
    },
  }
}
