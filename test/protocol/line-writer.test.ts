import { expect, test } from 'vitest'
import { createLineWriter, type Losing, losingLog } from '../../protocol/line-writer.ts'

function createWriter(losing?: Losing) {
  const written: string[] = []
  const turns: (() => void)[] = []
  const writer = createLineWriter({
    output: (text) => written.push(text),
    endOfTurn: (then) => turns.push(then),
    losing,
  })
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

test('loses lines while there is no room, and says how many as soon as there is', () => {
  const room = { isThere: true }
  const { writer, written, endTurn } = createWriter({ hasRoom: () => room.isThere, gap: (count) => `${count} lost` })

  writer.write('one')
  room.isThere = false
  for (const line of ['two', 'three']) writer.write(line)
  endTurn()
  room.isThere = true
  for (const line of ['four', 'five']) writer.write(line)
  endTurn()

  expect(written).toEqual(['one\n', '2 lost\nfour\nfive\n'])
})

test.each([
  ['json', '{"level":"warn","time":"2026-01-01T00:00:00.000Z","event":"log.lines_lost","lineCount":2}'],
  ['journal', '<4>{"level":"warn","time":"2026-01-01T00:00:00.000Z","event":"log.lines_lost","lineCount":2}'],
] as const)('a log in the form %s has a line for those that were lost when 1 MiB waited', (form, gap) => {
  const output = { writableLength: 0 }
  const { writer, written, endTurn } = createWriter(losingLog(output, form, () => Date.UTC(2026, 0)))

  output.writableLength = 1024 * 1024
  for (const line of ['one', 'two']) writer.write(line)
  output.writableLength -= 1
  writer.write('three')
  endTurn()

  expect(written).toEqual([`${gap}\nthree\n`])
})
