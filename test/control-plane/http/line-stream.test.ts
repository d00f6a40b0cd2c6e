import { expect, test } from 'vitest'
import { lineStream } from '../../../control-plane/http/line-stream.ts'
import { collectedHeapBytes } from '../../chaos/left-behind.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

async function* linesOf(...lines: readonly string[]) {
  yield* lines
}

const format = (line: string) => `${line}\n`
const nothing = () => {}

async function piecesOf(stream: ReadableStream<Uint8Array>): Promise<string[]> {
  const pieces: string[] = []
  for await (const piece of stream.pipeThrough(new TextDecoderStream())) pieces.push(piece)
  return pieces
}

test('puts lines that are ready together into one piece', async () => {
  const stream = lineStream({ lines: linesOf('a', 'b', 'c'), format, abandon: nothing, failed: nothing })

  expect(await piecesOf(stream)).toEqual(['a\nb\nc\n'])
})

test('sends what is there when the next line takes longer than a turn of the loop', async () => {
  const { promise: second, resolve } = Promise.withResolvers<string>()
  async function* slow() {
    yield 'a'
    yield await second
  }
  const reader = lineStream({ lines: slow(), format, abandon: nothing, failed: nothing }).getReader()

  const first = await reader.read()
  resolve('b')

  expect(new TextDecoder().decode(first.value)).toBe('a\n')
  expect(new TextDecoder().decode((await reader.read()).value)).toBe('b\n')
  expect(await reader.read()).toMatchObject({ done: true })
})

test('cuts pieces before they grow large', async () => {
  const long = 'x'.repeat(20_000)
  const stream = lineStream({ lines: linesOf(long, long, long), format, abandon: nothing, failed: nothing })

  expect((await piecesOf(stream)).map(({ length }) => length)).toEqual([40_002, 20_001])
})

test('ends without a piece where there is no line', async () => {
  expect(await piecesOf(lineStream({ lines: linesOf(), format, abandon: nothing, failed: nothing }))).toEqual([])
})

test('ends where it is when the lines fail, also while nobody reads, and says why to whoever made it', async () => {
  const { promise: failure, reject } = Promise.withResolvers<string>()
  async function* failing() {
    yield 'a'
    yield await failure
  }
  const failures: unknown[] = []
  const failed = (error: unknown) => void failures.push(error)
  const reader = lineStream({ lines: failing(), format, abandon: nothing, failed }).getReader()
  await reader.read()

  const gone = new Error('the store is gone')
  reject(gone)

  expect(await reader.read()).toEqual({ done: true, value: undefined })
  expect(failures).toEqual([gone])
})

test('sends the lines before one that cannot be formatted', async () => {
  const unfit = (line: string) => {
    if (line === 'b') throw new RangeError('too deep')
    return format(line)
  }
  const stream = lineStream({ lines: linesOf('a', 'b', 'c'), format: unfit, abandon: nothing, failed: nothing })

  expect(await piecesOf(stream)).toEqual(['a\n'])
})

test('abandons the lines when the reader goes away', async () => {
  const { promise: never, reject } = Promise.withResolvers<string>()
  let ended = false
  async function* waiting() {
    try {
      yield 'a'
      yield await never
    } catch {
      ended = true
    }
  }
  const abandon = () => reject(new Error('abandoned'))
  const reader = lineStream({ lines: waiting(), format, abandon, failed: nothing }).getReader()
  await reader.read()

  await reader.cancel()

  expect(ended).toBe(true)
})

test('says that it is there for as long as nothing comes, and does not grow by it', async () => {
  const clock = createFakeClock()
  const { promise: last, resolve } = Promise.withResolvers<string>()
  async function* late() {
    yield await last
  }
  const keepAlive = { text: '...', ms: 15_000, clock }
  const options = { lines: late(), format, abandon: nothing, failed: nothing, keepAlive }
  const reader = lineStream(options).getReader()
  const stayQuiet = async (count: number) => {
    const texts = new Set<string>()
    for (let time = 0; time < count; time += 1) {
      const [piece] = await Promise.all([reader.read(), clock.asleep(15_000).then(() => clock.advance(15_000))])
      texts.add(new TextDecoder().decode(piece.value))
    }
    return [...texts]
  }
  await stayQuiet(100)
  const before = collectedHeapBytes()

  expect(await stayQuiet(10_000)).toEqual(['...'])
  expect(collectedHeapBytes() - before).toBeLessThan(1024 * 1024)
  resolve('a')

  expect(new TextDecoder().decode((await reader.read()).value)).toBe('a\n')
})

test('says so to nobody who does not read, and not after the reader has gone', async () => {
  const clock = createFakeClock()
  const { promise: never, reject } = Promise.withResolvers<string>()
  async function* late() {
    yield await never
  }
  const abandon = () => reject(new Error('abandoned'))
  const keepAlive = { text: '...', ms: 15_000, clock }
  const reader = lineStream({ lines: late(), format, abandon, failed: nothing, keepAlive }).getReader()
  for (let time = 0; time < 10; time += 1) await clock.advance(15_000)

  expect(new TextDecoder().decode((await reader.read()).value)).toBe('...')
  await reader.cancel()
  await clock.advance(15_000)

  expect(await reader.read()).toEqual({ done: true, value: undefined })
})
