// A run followed over HTTP. A stream that breaks is taken up again where it broke, so that its reader sees one.

import { SallyportError } from '@sallyport/protocol'
import type { Clock } from '../ports/clock.ts'
import type { Watch } from '../runs/runs.ts'
import { type StreamLine, streamLine } from '../runs/stream-line.ts'

export type WatchOverOptions = {
  /** Answers with the open stream. Throws `plane_unreachable`, or what the control plane refused. */
  readonly open: (path: string, signal: AbortSignal | undefined) => Promise<Response>
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>
}

/** Between tries that came to nothing; a control plane that restarts is back within them. After the last, the reader is told. */
const waitsMs = [250, 500, 1000, 2000, 4000] as const
/** A stream that was open for so long came to something, though there was no news: the run waits, and a proxy lost patience. */
const lastedMs = 10_000

/** Throws `plane_unreachable` where it cannot be taken up again, `plane_answer_unexpected`, or what was refused. */
export async function* watchOver(options: WatchOverOptions, watch: Watch): AsyncGenerator<StreamLine, void, void> {
  const place: Place = { attempt: watch.attempt, from: watch.from, announced: undefined }
  let failedCount = 0
  while (true) {
    const openedAt = options.clock.monotonic()
    try {
      for await (const line of news(options, watch, place)) {
        failedCount = 0
        yield line
      }
      return
    } catch (error) {
      if (options.clock.monotonic() - openedAt >= lastedMs) failedCount = 0
      const waitMs = waitsMs[failedCount]
      if (!isPassing(error) || waitMs === undefined) throw error
      failedCount += 1
      await options.clock.sleep(waitMs, watch.signal)
    }
  }
}

/** Where to go on, and the attempt that the reader was told of. */
type Place = { attempt: number | undefined; from: number | undefined; announced: number | undefined }

/** What the reader does not know yet, to the last line. Throws where the stream ends before that one. */
async function* news(options: WatchOverOptions, watch: Watch, place: Place) {
  const { run, signal } = watch
  for await (const line of readStream(options, { ...place, run, signal })) {
    const isKnown = line.type === 'attempt' && line.attempt === place.announced
    if (line.type === 'row') place.from = line.seq + 1
    if (line.type === 'attempt') announce(place, line.attempt)
    if (!isKnown) yield line
    if (line.type === 'done' || line.type === 'failed') return
  }
  throw new SallyportError('plane_unreachable', `watch run ${run}: the answer broke off. Watch it again.`)
}

/** Rows of another attempt come from the first. */
function announce(place: Place, attempt: number): void {
  if (place.attempt !== undefined && place.attempt !== attempt) place.from = 0
  place.attempt = attempt
  place.announced = attempt
}

function isPassing(error: unknown): boolean {
  return error instanceof SallyportError && (error.code === 'plane_unreachable' || error.code === 'plane_error')
}

async function* readStream({ open }: WatchOverOptions, { run, attempt, from, signal }: Watch) {
  const query = new URLSearchParams()
  if (attempt !== undefined) query.set('attempt', String(attempt))
  if (from !== undefined) query.set('from', String(from))
  const response = await open(`/v1/runs/${encodeURIComponent(run)}/pages?${query}`, signal)
  if (response.body === null) return
  let rest = ''
  try {
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      const lines = (rest + piece).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) yield parseLine(run, line)
    }
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof SallyportError) throw cause
    throw new SallyportError('plane_unreachable', `watch run ${run}: the answer broke off. Watch it again.`, { cause })
  }
}

function parseLine(run: string, line: string): StreamLine {
  try {
    return streamLine.parse(JSON.parse(line))
  } catch (cause) {
    const message = `watch run ${run}: a line is not one that this version knows. Is it a Sallyport control plane?`
    throw new SallyportError('plane_answer_unexpected', message, { cause })
  }
}
