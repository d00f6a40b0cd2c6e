// The life of a process that is killed and started again: one thing at a time, however many faults hit it at once.

import type { Program } from '../../support/program.ts'
import { residentBytes } from '../../support/resident-bytes.ts'

type Mortal = {
  /** The process that was started last. */
  readonly program: Program
  start(event?: string): Promise<void>
}

/** How a process went that was asked to. It ends by itself, so what is left open keeps it from ending. */
export type Leave = {
  readonly who: string
  readonly exit: number | NodeJS.Signals
  readonly askedAtMs: number
  readonly endedAtMs: number
  /** Private memory when it was asked to. */
  readonly byteCount: number
}

export type Life = {
  kill(): Promise<void>
  /** By SIGTERM, and a second one `hurriedAfterMs` later; resolves when the process is gone. */
  leave(hurriedAfterMs?: number | null): Promise<void>
  /** Where it is gone: another process with the same files. */
  start(): Promise<void>
}

type LifeOptions = {
  readonly who: string
  readonly onLeave: (leave: Leave) => void
  readonly sleep: (ms: number) => Promise<void>
  readonly now: () => number
}

export function createLife(mortal: Mortal, { who, onLeave, sleep, now }: LifeOptions): Life {
  let last: Promise<unknown> = Promise.resolve()
  let isUp = true
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const done = last.then(work)
    last = done.catch(() => {})
    return done
  }

  return {
    kill: () =>
      inTurn(async () => {
        if (!isUp) return
        mortal.program.signal('SIGKILL')
        await mortal.program.ended
        isUp = false
      }),
    leave: (hurriedAfterMs = null) =>
      inTurn(async () => {
        if (!isUp) return
        const { program } = mortal
        const [byteCount, askedAtMs] = [await residentBytes(program.pid), now()]
        program.signal('SIGTERM')
        if (hurriedAfterMs !== null) void sleep(hurriedAfterMs).then(() => program.signal('SIGTERM'))
        const exit = await program.ended
        isUp = false
        onLeave({ who, exit, askedAtMs, endedAtMs: now(), byteCount })
      }),
    start: () =>
      inTurn(async () => {
        if (isUp) return
        await mortal.start('agent.started')
        isUp = true
      }),
  }
}
