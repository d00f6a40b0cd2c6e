// One signed request to JumpCloud and the meaning of its status. It is sent once; sending again and pacing are in
// `perform.ts`, what we read of a body is in `answer.ts`.

import type { ErrorCode } from '@sallyport/protocol/error-codes'
import { times } from '@sallyport/protocol/limits'
import type { Dispatcher } from 'undici'
import { EgressError } from '../egress/egress-error.ts'
import { ExchangeError, exchange, type HttpAnswer } from '../egress/exchange.ts'
import type { Clock } from '../ports/clock.ts'
import type { Pass } from './access.ts'
import type { Answer } from './answer.ts'
import { type Call, pathOf, queryOf, targetOf } from './call.ts'
import { CallError } from './call-error.ts'
import type { BaseUrls } from './regions.ts'
import { retryAfterMs } from './retry.ts'
import { signed } from './sign.ts'

export type RequestPorts = {
  readonly dispatcher: Dispatcher
  readonly clock: Clock
  readonly baseUrls: BaseUrls
  readonly organisationId?: string | undefined
  /** The one that the pass is known to be of, where the connection names none. */
  readonly provenOrganisationId?: string | undefined
  /** What the request is signed with. */
  readonly pass: Pass
  readonly userAgent: string
}

const seconds = 1000
const mebibytes = 1024 * 1024
export const callLimits = { timeoutMs: times.callMs, bodyBytes: 32 * mebibytes }

/** Paths that refuse an organisation header (JumpCloud reference 2.4 [C]). */
const withoutOrganisation: ReadonlySet<string> = new Set(['/api/organizations', '/api/users'])

type Sending = {
  /** Any of them ends it. */
  readonly signals?: readonly AbortSignal[] | undefined
  /** Asked right before the first byte is written; false ends the call unsent. */
  readonly beforeWrite?: (() => boolean) | undefined
}

/**
 * Sends the call once and resolves with a 2xx answer; anything else is a `CallError`, or for a read the reason of a signal.
 * Where `beforeWrite` said no, it is the `ExchangeError` that says so: nothing failed, and it is not for sending again.
 */
export async function request(
  call: Call,
  ports: RequestPorts,
  { signals, beforeWrite }: Sending = {},
): Promise<Answer> {
  const base = new URL(ports.baseUrls[call.host ?? 'console'])
  const answer = await exchange(
    {
      origin: base.origin,
      path: `${base.pathname.replace(/\/$/, '')}${pathOf(call)}${queryOf(call)}`,
      method: call.method,
      headers: signed(headersOf(call, ports), ports.pass),
      body: call.body === undefined ? undefined : JSON.stringify(call.body),
    },
    { dispatcher: ports.dispatcher, clock: ports.clock, limits: callLimits, signals, beforeWrite },
  ).catch((error: unknown) => {
    throw failure(call, error)
  })
  if (answer.status >= 200 && answer.status < 300) return answer
  throw refusalOf(call, answer, { asked: base, now: ports.clock.now() })
}

function headersOf(call: Call, ports: RequestPorts): Record<string, string> {
  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': ports.userAgent }
  if (call.body !== undefined) headers['content-type'] = 'application/json'
  const organisationId = organisationFor(call, ports)
  if (organisationId !== undefined && !withoutOrganisation.has(call.path)) headers['x-org-id'] = organisationId
  return headers
}

/** Insights wants to be told by service accounts even where there is one alone (JumpCloud reference 16 [S]). */
function organisationFor(call: Call, { organisationId, provenOrganisationId, pass }: RequestPorts): string | undefined {
  return organisationId ?? (pass.kind === 'bearer' && call.host === 'api' ? provenOrganisationId : undefined)
}

const endings: Readonly<
  Record<Exclude<ExchangeError['ending'], 'withheld'>, { readonly code: ErrorCode; readonly what: string }>
> = {
  timeout: { code: 'jumpcloud_timeout', what: `got no whole answer within ${callLimits.timeoutMs / seconds} s` },
  too_large: {
    code: 'response_too_large',
    what: `was answered with more than ${callLimits.bodyBytes / mebibytes} MiB`,
  },
  connection: {
    code: 'jumpcloud_unreachable',
    what: 'could not connect or lost the connection: look at network, proxy and DNS',
  },
  aborted: { code: 'jumpcloud_unreachable', what: 'was cut off because the connection to JumpCloud was closed' },
}

/** What an exchange that came to no answer means. */
export function failure(call: Call, error: unknown): unknown {
  if (!(error instanceof ExchangeError)) return error
  const { ending, sent, status, cause } = error
  if (ending === 'withheld') return error
  if (ending === 'aborted' && call.effect === 'read') return cause
  if (ending === 'too_large' && status !== undefined && status >= 300) return refusal(call, status, undefined)
  const { code } = endings[ending]
  const what = cause instanceof EgressError ? cause.gist : endings[ending].what
  const when = sent === 'no' ? 'before anything was sent' : 'after it was sent'
  return new CallError(code, `${call.operation}: ${targetOf(call)} to JumpCloud ${what} (${when})`, {
    sent,
    status,
    cause,
  })
}

type Asked = { readonly asked: URL; readonly now: number }

/** What an answer means that is not 2xx. */
export function refusalOf(call: Call, answer: HttpAnswer, { asked, now }: Asked): CallError {
  const { status, header } = answer
  if (!leadsElsewhere(answer, asked)) return refusal(call, status, retryAfterMs(header('retry-after'), now))
  // To whom is the customer's business: the message leaves the host.
  const message = `${call.operation}: ${targetOf(call)} was answered ${status} by a proxy or a portal on the way, which asks somebody to log in elsewhere; it says nothing of the key. Let this host through there`
  return new CallError('jumpcloud_unreachable', message, { sent: 'maybe', status })
}

/** JumpCloud leads to nobody but itself. */
function leadsElsewhere({ status, header }: HttpAnswer, asked: URL): boolean {
  const location = status >= 300 && status < 400 ? header('location') : undefined
  if (location === undefined || !URL.canParse(location, asked.href)) return false
  return domainOf(new URL(location, asked)) !== domainOf(asked)
}

const domainOf = ({ hostname }: URL) => hostname.split('.').slice(-2).join('.')

function refusal(call: Call, status: number, waitMs: number | undefined): CallError {
  const { code, advice } = meaningOf(status)
  const wait = waitMs === undefined ? '' : ` and asked to wait ${Math.ceil(waitMs / seconds)} s`
  const message = `${call.operation}: JumpCloud answered ${status} to ${targetOf(call)}${wait}. ${advice}`
  return new CallError(code, message, { sent: 'maybe', status, retryAfterMs: waitMs })
}

type Meaning = { readonly code: ErrorCode; readonly advice: string }

const meaning = (code: ErrorCode, advice: string): Meaning => ({ code, advice })

const meanings: ReadonlyMap<number, Meaning> = new Map([
  [401, meaning('credential_rejected', 'The key was regenerated, has expired, or is of another region; set a new one')],
  [402, meaning('plan_missing', "The organisation's JumpCloud plan does not include this")],
  [
    403,
    meaning('jumpcloud_forbidden', 'The role behind the key may not do this; give it the scopes that the job names'),
  ],
  [404, meaning('not_found', 'There is no such object, or the key does not see it')],
  [409, meaning('jumpcloud_conflict', 'It contradicts what is there')],
  [429, meaning('rate_limited', 'There were too many requests; try again later')],
])

function meaningOf(status: number): Meaning {
  const known = meanings.get(status)
  if (known !== undefined) return known
  if (status >= 500) return meaning('jumpcloud_unavailable', 'The fault is at JumpCloud; try again later')
  if (status >= 400) return meaning('jumpcloud_refused', 'JumpCloud, or a proxy on the way, did not accept the request')
  // Without a valid key JumpCloud sends to its login page instead of saying so (JumpCloud reference 2.1 [W]).
  return meaning(
    'credential_rejected',
    'That leads to its login page: the key is missing, expired or revoked; set a new one',
  )
}
