// What the process prints, by way of the leak guard: the one place for outputs that are written to nobody's socket or file.
// Commands name each secret that they meet to the guard first. What a directory or a control plane wrote is in some of it, so that
// nothing in a line ends it or is obeyed by a terminal.

import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { visibleLine } from '@sallyport/protocol/visible-json'
import type { LeakGuard } from '../vault/leak-guard.ts'
import type { Host } from './host.ts'

/** `print` throws `leak_blocked` for a line that holds a secret; `complain` says that there was one, because nobody waits for it. */
export function guardedOutput(output: Pick<Host, 'print' | 'complain'>, guard: Pick<LeakGuard, 'contains'>) {
  return {
    print: (line: string) => {
      const hit = guard.contains(line, 'frame')
      if (hit === undefined) return output.print(visibleLine(line))
      throw new SallyportError(
        'leak_blocked',
        `print: what is to be printed holds the secret of ${hit.name}, as ${hit.encoding}; nothing of it is`,
      )
    },
    complain: (line: string) => {
      const isClean = guard.contains(line, 'log') === undefined
      output.complain(isClean ? inLines(line) : 'sallyport: leak_blocked: what was to be said here held a secret')
    },
  } satisfies Pick<Host, 'print' | 'complain'>
}

/** What is wrong in a file may be many things. They are indented, so that nothing that others wrote begins a line as ours do. */
function inLines(text: string): string {
  return text
    .split(/\n(?= {2}\S)/)
    .map(visibleLine)
    .join('\n')
}
