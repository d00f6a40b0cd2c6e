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
  const place = { attempt: watch.attempt, from: watch.from }
  let isFirst = true
  let failedCount = 0
  while (true) {
    const openedAt = options.clock.monotonic()
    try {
      for await (const line of readStream(options, { ...watch, ...place })) {
        const isKnown = line.type === 'attempt' && line.attempt === place.attempt && !isFirst
        follow(place, line)
        isFirst = false
        if (isKnown) continue
        failedCount = 0
        yield line
        if (line.type === 'done' || line.type === 'failed') return
      }
      throw new SallyportError('plane_unreachable', `watch run ${watch.run}: the answer broke off. Watch it again.`)
    } catch (error) {
      if (options.clock.monotonic() - openedAt >= lastedMs) failedCount = 0
      const waitMs = waitsMs[failedCount]
      if (!isPassing(error) || waitMs === undefined) throw error
      failedCount += 1
      await options.clock.sleep(waitMs, watch.signal)
    }
  }
}

type Place = { attempt: number | undefined; from: number | undefined }

function follow(place: Place, line: StreamLine): void {
  if (line.type === 'row') place.from = line.seq + 1
  if (line.type !== 'attempt') return
  // Rows of another attempt come from the first.
  if (place.attempt !== undefined && place.attempt !== line.attempt) place.from = 0
  place.attempt = line.attempt
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
