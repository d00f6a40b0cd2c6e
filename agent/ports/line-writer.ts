// Lines onto an output of the process: those of one turn of the event loop in one write, which costs the kernel what a line
// costs, and whoever reads a pipe too.

import type { EndOfTurn } from './turn.ts'

export type LineWriter = {
  /** `line` without its newline. */
  write(line: string): void
  /** At once: for the end of the process, whatever ends it. */
  flush(): void
}

export function createLineWriter(output: (text: string) => void, endOfTurn: EndOfTurn): LineWriter {
  let waiting = ''
  const flush = () => {
    const text = waiting
    waiting = ''
    if (text !== '') output(text)
  }
  return {
    write: (line) => {
      if (waiting === '') endOfTurn(flush)
      waiting += `${line}\n`
    },
    flush,
  }
}
