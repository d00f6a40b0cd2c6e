// The three acts over HTTP.

import { isErrorCode, SallyportError } from '@sallyport/protocol'
import { z } from 'zod'
import { type Clock, systemClock } from '../ports/clock.ts'
import type { Submission } from '../runs/runs.ts'
import { streamError } from '../runs/stream-line.ts'
import type { Transport } from './transport.ts'
import { watchOver } from './watch-over.ts'

export type HttpTransportOptions = {
  /** Of the control plane, with the prefix where it has one. */
  readonly url: string
  readonly token: string
  /** The one of this process where it is left out. */
  readonly fetch?: typeof globalThis.fetch
  /** Between tries to take up a stream that broke. */
  readonly clock?: Pick<Clock, 'monotonic' | 'sleep'>
}

type Request = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly signal?: AbortSignal | undefined
}
type Send = (request: Request) => Promise<Response>

const submitted = z.object({ id: z.string() })
const refusal = z.object({ error: streamError })

/** Its acts throw `plane_unreachable`, `plane_answer_unexpected`, or the error that the control plane answered. */
export function createHttpTransport(options: HttpTransportOptions): Transport {
  const send = createSend(options)
  const open = (path: string, signal: AbortSignal | undefined) =>
    send({ method: 'GET', path, headers: { accept: 'application/x-ndjson' }, signal })
  return {
    async submit({ agent, idempotencyKey, ...body }: Omit<Submission, 'requester'>) {
      const headers = idempotencyKey === undefined ? {} : { 'idempotency-key': idempotencyKey }
      const path = `/v1/agents/${encodeURIComponent(agent)}/runs`
      const response = await send({ method: 'POST', path, headers, body })
      return submitted.parse(await response.json()).id
    },
    watch: (watch) => watchOver({ open, clock: options.clock ?? systemClock }, watch),
    async cancel(run) {
      const response = await send({ method: 'POST', path: `/v1/runs/${encodeURIComponent(run)}/cancel` })
      await response.body?.cancel()
    },
  }
}

function createSend({ url, token, fetch: ask = globalThis.fetch }: HttpTransportOptions): Send {
  const base = url.replace(/\/+$/, '')
  return async ({ method, path, headers = {}, body, signal = null }) => {
    const json = body === undefined ? {} : { 'content-type': 'application/json' }
    const response = await ask(`${base}${path}`, {
      method,
      headers: { ...headers, ...json, authorization: `Bearer ${token}` },
      body: body === undefined ? null : JSON.stringify(body),
      redirect: 'error',
      signal,
    }).catch((cause: unknown) => {
      signal?.throwIfAborted()
      const message = `${method} ${path}: no answer from ${base}. Is the control plane running there?`
      throw new SallyportError('plane_unreachable', message, { cause })
    })
    if (response.ok) return response
    throw await toError(response, `${method} ${path}`)
  }
}

async function toError(response: Response, doing: string): Promise<SallyportError> {
  const answer = refusal.safeParse(await response.json().catch(() => undefined))
  if (answer.success && isErrorCode(answer.data.error.code)) {
    const { code, message, rule } = answer.data.error
    return new SallyportError(code, message, rule === undefined ? {} : { rule })
  }
  const message = `${doing}: status ${response.status} without an error that this version knows. Is it a Sallyport control plane?`
  return new SallyportError('plane_answer_unexpected', message)
}
