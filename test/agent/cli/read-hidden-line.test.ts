import { expect, test } from 'vitest'
import { readHiddenLine } from '../../../agent/cli/read-hidden-line.ts'

function openTerminal(...chunks: readonly string[]) {
  const modes: boolean[] = []
  const terminal = {
    setRawMode: (isRaw: boolean) => modes.push(isRaw),
    async *[Symbol.asyncIterator]() {
      yield* chunks
    },
  }
  return { terminal, modes }
}

test.each([
  [['jca_abc\r'], 'jca_abc'],
  [['jca_', 'abx\u007Fc', '\nrest'], 'jca_abc'],
  [['jca_abc\u0004'], 'jca_abc'],
  [['jca_\u0003'], undefined],
])('reads %j and gives the terminal back as it was', async (chunks, line) => {
  const { terminal, modes } = openTerminal(...chunks)

  expect(await readHiddenLine(terminal)).toBe(line)
  expect(modes).toEqual([true, false])
})
