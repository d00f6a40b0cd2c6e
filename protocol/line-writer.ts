// Lines onto an output of the process: those of one turn of the event loop in one write, which costs the kernel what a line
// costs, and whoever reads a pipe too. Not of the wire: both programs write by it.

import { inForm, type LogForm } from './log-form.ts'

export type LineWriter = {
  /** `line` without its newline. */
  write(line: string): void
  /** At once: for the end of the process, whatever ends it. */
  flush(): void
}

export type LineWriterOptions = {
  readonly output: (text: string) => void
  /** Calls back once, after the events that are ready now. */
  readonly endOfTurn: (then: () => void) => void
  /** Of lines that nobody has to have. Default: all wait for who reads them. */
  readonly losing?: Losing | undefined
}

/** Who reads the output may stand still, and what waits for them is memory. */
export type Losing = {
  /** There is room for another line. */
  readonly hasRoom: () => boolean
  /** The line that stands for those that were lost. */
  readonly gap: (lostCount: number) => string
}

export function createLineWriter({ output, endOfTurn, losing }: LineWriterOptions): LineWriter {
  let waiting = ''
  let lostCount = 0
  const flush = () => {
    const text = waiting
    waiting = ''
    if (text !== '') output(text)
  }
  const add = (line: string) => {
    if (waiting === '') endOfTurn(flush)
    waiting += `${line}\n`
  }
  return {
    write: (line) => {
      if (losing?.hasRoom() === false) {
        lostCount += 1
        return
      }
      if (losing !== undefined && lostCount > 0) add(losing.gap(lostCount))
      lostCount = 0
      add(line)
    },
    flush,
  }
}

const waitingLogBytes = 1024 * 1024

/** A log whose reader stands still, such as a journal that hangs, has gaps: 1 MiB of it waits, and does not fill the memory. */
export function losingLog(output: { readonly writableLength: number }, form: LogForm, now: () => number): Losing {
  return {
    hasRoom: () => output.writableLength < waitingLogBytes,
    gap: (lineCount) => {
      const line = { level: 'warn', time: new Date(now()).toISOString(), event: 'log.lines_lost', lineCount }
      return inForm(form, JSON.stringify(line))
    },
  }
}
