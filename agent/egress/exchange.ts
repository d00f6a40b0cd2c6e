// One HTTP exchange: a request out, a whole answer in, within a time and a size. It knows whether a byte may have left.
// It does not know JumpCloud: what a status means is said in `request.ts`.

import type { Dispatcher } from 'undici'
import type { Clock } from '../ports/clock.ts'
import { firstAborted, onceAborted } from './any-aborted.ts'

/** `no`: not one byte of the request left. `maybe`: the other end may have read it, so a change may have happened, or may yet. */
export type Sent = 'no' | 'maybe'

export type HttpRequest = {
  readonly origin: string
  readonly path: string
  readonly method: 'GET' | 'POST'
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | undefined
}

export type HttpAnswer = {
  readonly status: number
  readonly header: (name: string) => string | undefined
  readonly body: string
}

export type ExchangeLimits = { readonly timeoutMs: number; readonly bodyBytes: number }

type Ending = 'timeout' | 'too_large' | 'connection' | 'aborted' | 'withheld'

/** An exchange that did not come to a whole answer. `status` is set where the answer had begun. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError'
  readonly ending: Ending
  readonly sent: Sent
  readonly status: number | undefined

  constructor(ending: Ending, sent: Sent, status: number | undefined, cause?: unknown) {
    super(`the exchange ended: ${ending}`, cause === undefined ? undefined : { cause })
    this.ending = ending
    this.sent = sent
    this.status = status
  }
}

type Exchange = {
  readonly dispatcher: Dispatcher
  readonly clock: Clock
  readonly limits: ExchangeLimits
  /** Any of them ends it. */
  readonly signals?: readonly AbortSignal[] | undefined
  /** Asked when the connection is there and the first byte is written next: nothing comes between. False ends it `withheld`. */
  readonly beforeWrite?: (() => boolean) | undefined
}

/** Resolves with the whole answer, whatever its status; redirects are answers. Rejects with `ExchangeError` alone. */
export async function exchange(
  request: HttpRequest,
  { dispatcher, clock, limits, signals = [], beforeWrite }: Exchange,
): Promise<HttpAnswer> {
  const aborted = firstAborted(signals)
  if (aborted !== undefined) throw new ExchangeError('aborted', 'no', undefined, aborted.reason)
  const { promise, resolve, reject } = Promise.withResolvers<HttpAnswer>()
  const receiver = new Receiver({ cap: limits.bodyBytes, beforeWrite, resolve, reject })
  const ignoreSignals = onceAborted(signals, (reason) => receiver.end('aborted', reason))
  const stopTimer = clock.after(limits.timeoutMs, () => receiver.end('timeout'))
  try {
    // Undici's own time-outs are off: they run on a clock that cannot be passed in, and stop between two bytes only.
    dispatcher.dispatch({ ...request, body: request.body ?? null, headersTimeout: 0, bodyTimeout: 0 }, receiver)
    return await promise
  } finally {
    stopTimer()
    ignoreSignals()
  }
}

type Receiving = {
  readonly cap: number
  readonly beforeWrite: (() => boolean) | undefined
  readonly resolve: (answer: HttpAnswer) => void
  readonly reject: (error: ExchangeError) => void
}

/** Collects one answer for undici. Its first ending counts; what comes later is ignored. */
class Receiver implements Dispatcher.DispatchHandler {
  readonly #receiving: Receiving
  readonly #chunks: Buffer[] = []
  #size = 0
  #sent: Sent = 'no'
  #status: number | undefined
  #headers: Readonly<Record<string, string | string[] | undefined>> = {}
  #controller: Dispatcher.DispatchController | undefined
  #ended = false

  constructor(receiving: Receiving) {
    this.#receiving = receiving
  }

  end(ending: Ending, cause?: unknown): void {
    if (this.#ended) return
    this.#ended = true
    const error = new ExchangeError(ending, this.#sent, this.#status, cause)
    this.#receiving.reject(error)
    this.#controller?.abort(error)
  }

  /** Undici calls this right before the first byte is written; what ended while it waited for a connection stops here. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#ended) controller.abort(new ExchangeError('aborted', 'no', undefined))
    else if (this.#receiving.beforeWrite?.() === false) this.end('withheld')
    else this.#sent = 'maybe'
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
  ): void {
    if (status < 200) return
    this.#status = status
    this.#headers = headers
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#size += chunk.length
    if (this.#size > this.#receiving.cap) this.end('too_large')
    else this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    if (this.#ended) return
    this.#ended = true
    const headers = this.#headers
    this.#receiving.resolve({
      status: this.#status ?? 0,
      header: (name) => {
        const value = headers[name]
        return Array.isArray(value) ? value[0] : value
      },
      body: Buffer.concat(this.#chunks).toString('utf8'),
    })
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.end('connection', error)
  }
}
