// A service account's secret traded for a token, at the token endpoint of its region (JumpCloud reference 2.2 [J]). Keeping the
// token and asking again in time is the connection's business.

import type { Dispatcher } from 'undici'
import { z } from 'zod'
import { exchange } from '../egress/exchange.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import { Secret } from '../vault/secret.ts'
import { readAnswer } from './answer.ts'
import type { Call } from './call.ts'
import { CallError } from './call-error.ts'
import { callLimits, failure, refusalOf } from './request.ts'
import { type RetryWait, retryWaitMs } from './retry.ts'
import { signedByClient } from './sign.ts'

export type TokenPorts = {
  readonly dispatcher: Dispatcher
  readonly clock: Clock
  readonly random: Random
  /** Default: `retryWaitMs`. */
  readonly retryWait?: RetryWait | undefined
  /** Of the region's token endpoint; undefined where base URLs leave it out. */
  readonly oauthUrl: string | undefined
  readonly userAgent: string
  readonly closing: AbortSignal
}

export type ServiceAccount = { readonly clientId: string; readonly clientSecret: Secret }

export type Token = { readonly secret: Secret; readonly lifetimeMs: number }

export type FetchToken = (account: ServiceAccount) => Promise<Token>

const tokenCall: Call = {
  operation: 'get a token for the service account',
  effect: 'read',
  method: 'POST',
  path: '/oauth2/token',
}

const tokenAnswer = z.object({
  // A header carries it.
  access_token: z.string().regex(/^[\x21-\x7E]+$/),
  expires_in: z.number().positive(),
})

const seconds = 1000
const tokenBytes = 64 * 1024

/** Asks until it is answered, as often as a read may. Throws `CallError`, with `credential_rejected` for a wrong id or secret. */
export function createFetchToken(ports: TokenPorts): FetchToken {
  const { retryWait = retryWaitMs } = ports
  return async (account) => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await ask(account, ports)
      } catch (error) {
        if (!(error instanceof CallError)) throw error
        const waitMs = retryWait(error, { effect: 'read', attempt, random: ports.random })
        if (waitMs === undefined) throw error
        await ports.clock.sleep(waitMs, ports.closing)
      }
    }
  }
}

async function ask({ clientId, clientSecret }: ServiceAccount, ports: TokenPorts): Promise<Token> {
  const { dispatcher, clock, oauthUrl, userAgent, closing } = ports
  if (oauthUrl === undefined) throw new TypeError('a connection with a service account has a token endpoint')
  const base = new URL(oauthUrl)
  const headers = {
    accept: 'application/json',
    'content-type': 'application/x-www-form-urlencoded',
    'user-agent': userAgent,
  }
  const answer = await exchange(
    {
      origin: base.origin,
      path: `${base.pathname.replace(/\/$/, '')}${tokenCall.path}`,
      method: tokenCall.method,
      headers: signedByClient(headers, clientId, clientSecret),
      body: 'grant_type=client_credentials&scope=api',
    },
    { dispatcher, clock, limits: { ...callLimits, bodyBytes: tokenBytes }, signals: [closing] },
  ).catch((error: unknown) => {
    throw failure(tokenCall, error)
  })
  if (answer.status < 200 || answer.status >= 300) {
    throw refusalOf(tokenCall, answer, { asked: base, now: clock.now() })
  }
  const { access_token: text, expires_in: lifetime } = readAnswer(tokenCall, answer, tokenAnswer)
  return { secret: new Secret(text), lifetimeMs: lifetime * seconds }
}
