// The one HTTP request that an agent makes to a control plane: the enrolment. Everything after it goes through the session.

import { type EnrolmentRequest, isErrorCode, SallyportError, wireError } from '@sallyport/protocol'
import { Agent } from 'undici'
import { z } from 'zod'
import type { Connector } from '../egress/connector.ts'
import { ExchangeError, exchange, type HttpAnswer } from '../egress/exchange.ts'
import { reasonWith } from '../egress/reason-of.ts'
import type { Clock } from '../ports/clock.ts'
import type { LeakGuard } from '../vault/leak-guard.ts'

const refusal = z.object({ error: wireError })
const limits = { timeoutMs: 30_000, bodyBytes: 64 * 1024 }

type PlanePost = AsyncDisposable & { send(url: string, request: EnrolmentRequest): Promise<unknown> }

export type PlanePostOptions = {
  readonly connector: Connector
  readonly guard: Pick<LeakGuard, 'contains'>
  readonly clock: Clock
  readonly userAgent: string
}

/** `send` rejects with `leak_blocked`, and sends nothing, where the request holds a secret. */
export function createPlanePost(options: PlanePostOptions): PlanePost {
  const dispatcher = new Agent({ connect: options.connector, allowH2: false })
  return {
    send: async (url, request) => {
      const { origin, pathname } = new URL(url)
      const headers = {
        'content-type': 'application/json',
        accept: 'application/json',
        'user-agent': options.userAgent,
      }
      const body = JSON.stringify(request)
      const hit = options.guard.contains(body, 'frame')
      if (hit !== undefined) {
        const what = `the request holds the secret of ${hit.name}, as ${hit.encoding}; it was not sent`
        throw new SallyportError('leak_blocked', `enrol at ${url}: ${what}`)
      }
      const call = { origin, path: pathname, method: 'POST', headers, body } as const
      const answer = await exchange(call, { dispatcher, clock: options.clock, limits }).catch((error: unknown) => {
        throw failed(url, error)
      })
      return read(url, answer)
    },
    [Symbol.asyncDispose]: () => dispatcher.close(),
  }
}

function read(url: string, { status, body }: HttpAnswer): unknown {
  const value = parseJson(body)
  if (status === 200 || status === 201) return value
  const said = refusal.safeParse(value).data?.error
  if (said !== undefined && isErrorCode(said.code)) {
    // Anybody on the way may have written it, and it goes to a terminal.
    const message = said.message.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ')
    throw new SallyportError(said.code, `enrol at ${url}: the control plane says: ${message}`)
  }
  throw new SallyportError(
    'plane_answer_unexpected',
    `enrol at ${url}: HTTP status ${status}, and not in the form of a Sallyport control plane. Check the URL, and that no proxy on the way answers in its place.`,
  )
}

function failed(url: string, error: unknown): SallyportError {
  if (error instanceof ExchangeError && error.ending === 'too_large') {
    const what = `the answer is longer than ${limits.bodyBytes / 1024} KiB, so that no Sallyport control plane gave it`
    return new SallyportError('plane_answer_unexpected', `enrol at ${url}: ${what}. Check the URL.`, { cause: error })
  }
  const cause = error instanceof ExchangeError ? (error.cause ?? error) : error
  const isLate = error instanceof ExchangeError && error.ending === 'timeout'
  const advice = 'Check the address, that the control plane is up, and that the firewall lets this host out to it.'
  const late = `no whole answer within ${limits.timeoutMs / 1000} s. ${advice}`
  return new SallyportError('plane_unreachable', `enrol at ${url}: ${isLate ? late : reasonWith(cause, advice)}`, {
    cause: error,
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
