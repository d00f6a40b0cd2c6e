// From lines to the bytes of an answer. It takes lines only as fast as the reader takes bytes, and puts lines that are
// ready together into one piece, because a piece costs more than a line.

import type { Clock } from '../ports/clock.ts'
import { type EndOfTurn, systemTurn } from '../ports/turn.ts'

const pieceCharacters = 32 * 1024

export type LineStream<Line> = {
  readonly lines: AsyncIterable<Line>
  readonly format: (line: Line) => string
  /** Called when the reader has gone; the lines should then end. */
  readonly abandon: () => void
  /** Told what the lines, or their format, failed with. The answer then ends where it is: its last line is missing. */
  readonly failed: (error: unknown) => void
  /** Sent whenever there was no line for so long, to a reader that has taken all: what stands between may think it dead. */
  readonly keepAlive?: KeepAlive
  readonly endOfTurn?: EndOfTurn
}

export type KeepAlive = { readonly text: string; readonly ms: number; readonly clock: Pick<Clock, 'sleep'> }

export function lineStream<Line>(options: LineStream<Line>): ReadableStream<Uint8Array> {
  const { lines, format, abandon, failed, keepAlive, endOfTurn = systemTurn } = options
  const iterator = lines[Symbol.asyncIterator]()
  const encoder = new TextEncoder()
  let next: Promise<IteratorResult<Line>> | undefined
  const ask = () => {
    const asked = iterator.next()
    // Where it fails while nobody reads, the next pull tells; it must not end the process before.
    asked.catch(() => {})
    return asked
  }

  /** Adds lines to the piece while they are ready; true after the last one. */
  const fill = async (piece: { text: string }, say: (text: string) => void): Promise<boolean> => {
    next ??= ask()
    let result: IteratorResult<Line> | undefined = await keptAlive(next, say, keepAlive)
    const turnEnded = new Promise<undefined>((resolve) => endOfTurn(() => resolve(undefined)))
    while (result !== undefined && result.done !== true) {
      piece.text += format(result.value)
      next = ask()
      result = piece.text.length < pieceCharacters ? await Promise.race([next, turnEnded]) : undefined
    }
    return result?.done === true
  }

  const pull = async (controller: ReadableStreamDefaultController<Uint8Array>) => {
    const piece = { text: '' }
    // Not to one who has not taken what was said before, nor to one who has gone.
    const say = (text: string) => {
      if ((controller.desiredSize ?? 0) > 0) controller.enqueue(encoder.encode(text))
    }
    const isOver = await fill(piece, say).catch((error: unknown) => {
      failed(error)
      return true
    })
    if (piece.text !== '') controller.enqueue(encoder.encode(piece.text))
    if (isOver) controller.close()
  }

  const cancel = async () => {
    abandon()
    await iterator.return?.()
  }
  return new ReadableStream({ pull, cancel }, { highWaterMark: 1 })
}

/** Listens to `next` once, however long it takes: each listener would stay until it comes. */
async function keptAlive<Result>(
  next: Promise<Result>,
  say: (text: string) => void,
  keepAlive?: KeepAlive,
): Promise<Result> {
  if (keepAlive === undefined) return await next
  const { text, ms, clock } = keepAlive
  const come = new AbortController()
  const speak = async (): Promise<void> => {
    while (true) {
      await clock.sleep(ms, come.signal)
      say(text)
    }
  }
  speak().catch(() => {})
  return await next.finally(() => come.abort())
}
