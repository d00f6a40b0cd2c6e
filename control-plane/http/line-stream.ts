// From lines to the bytes of an answer. It takes lines only as fast as the reader takes bytes, and puts lines that are
// ready together into one piece, because a piece costs more than a line.

import { type EndOfTurn, systemTurn } from '../ports/turn.ts'

const pieceCharacters = 32 * 1024

export type LineStream<Line> = {
  readonly lines: AsyncIterable<Line>
  readonly format: (line: Line) => string
  /** Called when the reader has gone; the lines should then end. */
  readonly abandon: () => void
  readonly endOfTurn?: EndOfTurn
}

export function lineStream<Line>(options: LineStream<Line>): ReadableStream<Uint8Array> {
  const { lines, format, abandon, endOfTurn = systemTurn } = options
  const iterator = lines[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  let next: Promise<IteratorResult<Line>> | undefined

  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const turnEnded = new Promise<undefined>((resolve) => endOfTurn(() => resolve(undefined)))
    let text = ''
    let result: IteratorResult<Line> | undefined = await (next ?? iterator.next())
    while (result !== undefined && result.done !== true) {
      text += format(result.value)
      next = iterator.next()
      // Where it fails while nobody reads, the next pull tells; it must not end the process before.
      next.catch(() => {})
      result = text.length < pieceCharacters ? await Promise.race([next, turnEnded]) : undefined
    }
    if (text !== '') controller.enqueue(encoder.encode(text))
    if (result?.done === true) controller.close()
  }

  const cancel = async () => {
    abandon()
    await iterator.return?.()
  }
  return new ReadableStream({ pull, cancel }, { highWaterMark: 1 })
}
