// Lines onto an output of the process: those of one turn of the event loop in one write, which costs the kernel what a line
// costs, and whoever reads a pipe too.

import type { EndOfTurn } from './turn.ts'

export type LineWriter = {
  /** `line` without its newline. */
  write(line: string): void
  /** At once: for the end of the process, whatever ends it. */
  flush(): void
}

export type LineWriterOptions = {
  readonly output: (text: string) => void
  readonly endOfTurn: EndOfTurn
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
