// One line from a terminal that does not show it: for codes and secrets, which are read over shoulders and kept in scrollback.

export type Terminal = AsyncIterable<unknown> & { setRawMode(isRaw: boolean): unknown }

const interrupt = '\u0003'
/** Enter, Ctrl-D, Ctrl-C. */
const ends: ReadonlySet<string> = new Set(['\r', '\n', '\u0004', interrupt])

/** What was typed or pasted before Enter or Ctrl-D; undefined where it was given up by Ctrl-C. The terminal is as it was then. */
export async function readHiddenLine(terminal: Terminal): Promise<string | undefined> {
  terminal.setRawMode(true)
  try {
    const keys: string[] = []
    for await (const chunk of terminal) {
      keys.push(...String(chunk))
      if (keys.some((key) => ends.has(key))) break
    }
    const end = keys.findIndex((key) => ends.has(key))
    if (keys[end] === interrupt) return undefined
    return withoutErased(end < 0 ? keys : keys.slice(0, end))
  } finally {
    terminal.setRawMode(false)
  }
}

function withoutErased(keys: readonly string[]): string {
  let kept = ''
  for (const key of keys) kept = key === '\u007F' || key === '\b' ? kept.slice(0, -1) : kept + key
  return kept
}
