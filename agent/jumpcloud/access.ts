// What a call is signed with, as the client sees it: asked for before each request, and told what JumpCloud made of it. Where
// it comes from, and what becomes of one that is refused, is the business of the connection.

import type { Secret } from '../vault/secret.ts'

/** An API key, or the token that a service account was given (JumpCloud reference 2.1, 2.2). */
export type Pass = { readonly kind: 'api_key' | 'bearer'; readonly secret: Secret }

export type Access = {
  /** Resolves when there is a pass to try. Rejects with what is wrong, or with the reason of a signal. */
  ready(signals: readonly AbortSignal[]): Promise<void>
  /** Undefined where there is none any more: `ready` comes first, then. */
  current(): Pass | undefined
  worked(pass: Pass): void
  /** JumpCloud did not accept it. True where the call, of which nothing was done, is worth sending with another pass. */
  refused(pass: Pass): boolean
  /** The one that the pass is known to be of. */
  organisationId?(): string | undefined
}

/** One pass, for as long as it is used; with nothing to replace it. */
export function fixedAccess(pass: Pass): Access {
  return { ready: async () => {}, current: () => pass, worked: () => {}, refused: () => false }
}
