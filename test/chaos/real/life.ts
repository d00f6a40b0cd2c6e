// The life of a process that is killed and started again: one thing at a time, however many faults hit it at once.

import type { Program } from '../../support/program.ts'

type Mortal = {
  /** The process that was started last. */
  readonly program: Program
  start(event?: string): Promise<void>
}

export type Life = {
  /** Resolves when the process is gone. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
  /** Where it is gone: another process with the same files. */
  start(): Promise<void>
}

export function createLife(mortal: Mortal): Life {
  let last: Promise<unknown> = Promise.resolve()
  let isUp = true
  const inTurn = (work: () => Promise<void>): Promise<void> => {
    const done = last.then(work)
    last = done.catch(() => {})
    return done
  }

  return {
    end: (signal) =>
      inTurn(async () => {
        if (!isUp) return
        mortal.program.signal(signal)
        await mortal.program.ended
        isUp = false
      }),
    start: () =>
      inTurn(async () => {
        if (isUp) return
        await mortal.start('agent.started')
        isUp = true
      }),
  }
}
