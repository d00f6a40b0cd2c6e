// API tokens: made, shown once, kept as a hash, and told apart when a request carries one.

import { createHash } from 'node:crypto'
import { plainName, SallyportError } from '@sallyport/protocol'
import { z } from 'zod'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Store, Token } from '../store/store.ts'
import { hasScope, type ScopeName, scope } from './scope.ts'

export type NewToken = { readonly name: string; readonly scopes: readonly string[]; readonly ttlMs: number }

/** `text` is the token itself, shown this once. */
export type MadeToken = { readonly name: string; readonly text: string; readonly expiresAt: number }

export type Caller = {
  /** The name of the token: what the audit log and the agent's ledger show. */
  readonly name: string
  may(scope: ScopeName, agent?: string): boolean
  /** Throws `scope_missing`. */
  require(scope: ScopeName, agent?: string): void
  /** For what no agent's name stands before: a scope for one agent does not do. Throws `scope_missing`. */
  requireForAll(scope: ScopeName): void
}

export type Tokens = {
  /** Throws `request_invalid`, or `name_taken`: a name is used once, so that the audit log stays clear. */
  create(token: NewToken): Promise<MadeToken>
  list(): Promise<readonly Omit<Token, 'hash'>[]>
  /** Throws `token_unknown`. */
  revoke(name: string): Promise<void>
  /** From the value of an `Authorization` header. Throws `token_missing`, `token_wrong` or `token_expired`. */
  authenticate(header: string | undefined): Promise<Caller>
}

type Options = { readonly store: Store; readonly clock: Pick<Clock, 'now'>; readonly random: Random }

const day = 24 * 60 * 60 * 1000

const newToken = z.object({
  name: plainName,
  scopes: z.array(scope).min(1, 'name at least one scope'),
  ttlMs: z
    .int()
    .min(1000, 'a token lives at least a second')
    .max(366 * day, 'a token lives at most 366 days'),
})

const tokenForm = /^Bearer (spt_[A-Za-z0-9_-]{43})$/i

export function createTokens({ store, clock, random }: Options): Tokens {
  return {
    async create(wanted) {
      const { name, scopes, ttlMs } = parseNew(wanted)
      const text = `spt_${random.bytes(32).toString('base64url')}`
      const createdAt = clock.now()
      const expiresAt = createdAt + ttlMs
      if (!(await store.tokens.add({ name, hash: hashOf(text), scopes, createdAt, expiresAt, revokedAt: null }))) {
        throw new SallyportError('name_taken', `create token ${name}: there is one of this name. Choose another name.`)
      }
      return { name, text, expiresAt }
    },
    list: async () => (await store.tokens.list()).map(({ hash, ...token }) => token),
    async revoke(name) {
      if (await store.tokens.revoke(name, clock.now())) return
      throw new SallyportError('token_unknown', `revoke token ${name}: there is none of this name.`)
    },
    async authenticate(header) {
      const text = bearer(header)
      const token = await store.tokens.byHash(hashOf(text))
      return toCaller(usable(token, clock.now()))
    },
  }
}

// The token has 256 random bits: a plain hash cannot be searched backwards, and looking it up leaks nothing of it by time.
function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

function parseNew(wanted: NewToken): NewToken {
  const parsed = newToken.safeParse(wanted)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const message = `create token: ${issue?.path.map(String).join('.')}: ${issue?.message}`
  throw new SallyportError('request_invalid', message)
}

function bearer(header: string | undefined): string {
  if (header === undefined) {
    throw new SallyportError(
      'token_missing',
      'authenticate: the request has no API token. Send the header "Authorization: Bearer TOKEN"; "sallyport-control token create" makes one.',
    )
  }
  const text = tokenForm.exec(header.trim())?.[1]
  if (text !== undefined) return text
  throw new SallyportError(
    'token_wrong',
    'authenticate: the Authorization header is not "Bearer " and a token that begins with spt_. Was it copied whole?',
  )
}

function usable(token: Token | undefined, now: number): Token {
  if (token === undefined || token.revokedAt !== null) {
    throw new SallyportError('token_wrong', 'authenticate: the API token is not known, or was revoked.')
  }
  if (token.expiresAt > now) return token
  const at = new Date(token.expiresAt).toISOString()
  throw new SallyportError('token_expired', `authenticate: the API token ${token.name} expired at ${at}.`)
}

function toCaller({ name, scopes }: Token): Caller {
  const may = (wanted: ScopeName, agent?: string) => hasScope(scopes, wanted, agent)
  const missing = (full: string) =>
    new SallyportError('scope_missing', `authorise: the API token ${name} has not the scope ${full}.`)
  return {
    name,
    may,
    require(wanted, agent) {
      if (!may(wanted, agent)) throw missing(agent === undefined ? wanted : `${wanted} or ${wanted}@${agent}`)
    },
    requireForAll(wanted) {
      if (!scopes.includes(wanted)) throw missing(`${wanted} for all agents`)
    },
  }
}
