// Owns the credentials that the simulator knows: API keys, service accounts and the tokens given out for them.

import { createHash } from 'node:crypto'
import type { Draw } from '../random.ts'
import type { Role } from './role.ts'

export interface Grant {
  /** Names the credential in the record of requests; never the secret itself. */
  readonly id: string
  readonly kind: 'api_key' | 'service_account'
  readonly role: Role
  readonly email: string
  readonly organizationIds: readonly string[]
  readonly secret: string
  expiresAt: number
  revoked: boolean
}

export interface NewGrant {
  /** Becomes the grant's id. */
  readonly name?: string
  readonly role?: Role
  readonly kind?: Grant['kind']
  readonly organizationIds: readonly string[]
  readonly email?: string
  readonly expiresAt?: number
}

/**
 * Real keys seem to be letters and digits. Then the JSON, URI and base64url forms of a key would be the same texts as its raw
 * and base64 forms, and a search for them could never fail: these make every form a text of its own, wherever base64 begins.
 */
const TELLTALE = '~~~~~~??????>+/%"\\&='

const TOKEN_LIFETIME_MS = 3599 * 1000

export class KeyRing {
  readonly #grants = new Map<string, Grant>()
  readonly #tokens = new Map<string, { readonly grant: Grant; readonly expiresAt: number }>()
  readonly #draw: Draw

  constructor(draw: Draw) {
    this.#draw = draw
  }

  /** Human administrators' keys start with `jca_` (JumpCloud reference 2.1 [D]). */
  issue({ name, role = 'Administrator', kind = 'api_key', organizationIds, email, expiresAt }: NewGrant): Grant {
    const id = name ?? `${kind}-${this.#grants.size + 1}`
    const grant: Grant = {
      id,
      kind,
      role,
      email: email ?? `${id}@example.com`,
      organizationIds,
      secret: `jca_${this.#draw.hex(20)}${TELLTALE}${this.#draw.hex(20)}`,
      expiresAt: expiresAt ?? Number.POSITIVE_INFINITY,
      revoked: false,
    }
    this.#grants.set(grant.secret, grant)
    return grant
  }

  /** Finds a grant whether it is good or not, so that a request with a dead key is still recorded under its name. */
  find(secret: string): Grant | undefined {
    return this.#grants.get(secret) ?? this.#tokens.get(secret)?.grant
  }

  isGood(secret: string, now: number): boolean {
    const token = this.#tokens.get(secret)
    const grant = this.find(secret)
    if (grant === undefined || grant.revoked || now >= grant.expiresAt) return false
    return token === undefined ? grant.kind === 'api_key' : now < token.expiresAt
  }

  serviceAccount(clientId: string, clientSecret: string): Grant | undefined {
    const grant = this.#grants.get(clientSecret)
    return grant?.kind === 'service_account' && grant.id === clientId && !grant.revoked ? grant : undefined
  }

  /** A token in the shape of a JWT that only this simulator understands; valid for 3599 s (JumpCloud reference 2.2). */
  token(grant: Grant, now: number): string {
    const claims = Buffer.from(JSON.stringify({ sub: grant.id, iat: Math.floor(now / 1000) })).toString('base64url')
    const signature = createHash('sha256').update(this.#draw.hex(32)).digest('base64url')
    const token = `${Buffer.from('{"alg":"RS256","typ":"JWT"}').toString('base64url')}.${claims}.${signature}`
    this.#tokens.set(token, { grant, expiresAt: now + TOKEN_LIFETIME_MS })
    return token
  }

  /** The grant behind any secret, or an error: levers that name an unknown key are a mistake of the test. */
  require(secret: string): Grant {
    const grant = this.find(secret)
    if (grant === undefined) throw new Error('simulator: this key was never issued here')
    return grant
  }
}
