import { expect, test } from 'vitest'
import { createLineWriter } from '../../../agent/ports/line-writer.ts'

function createWriter() {
  const written: string[] = []
  const turns: (() => void)[] = []
  const writer = createLineWriter(
    (text) => written.push(text),
    (then) => turns.push(then),
  )
  const endTurn = () => {
    for (const then of turns.splice(0)) then()
  }
  return { writer, written, endTurn }
}

test('writes the lines of one turn at its end, in one piece and in their order', () => {
  const { writer, written, endTurn } = createWriter()

  writer.write('one')
  writer.write('two')
  expect(written).toEqual([])
  endTurn()
  writer.write('three')
  endTurn()

  expect(written).toEqual(['one\ntwo\n', 'three\n'])
})

test('writes what waits at once where the process ends, and once', () => {
  const { writer, written, endTurn } = createWriter()

  writer.write('last words')
  writer.flush()
  endTurn()

  expect(written).toEqual(['last words\n'])
})
