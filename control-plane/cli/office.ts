// The store, opened by a verb beside the running server, which notices what changed by itself.

import { type Administration, createAdministration } from '../audit/administration.ts'
import { createEnrolment } from '../enrolment/enrolment.ts'
import { openState } from '../server.ts'
import type { Store } from '../store/store.ts'
import { createTokens, type Tokens } from '../tokens/tokens.ts'
import { type Flags, readSettings } from './settings.ts'
import type { Terminal } from './terminal.ts'

export type Office = AsyncDisposable & {
  readonly store: Store
  readonly administration: Administration
  readonly tokens: Tokens
  /** Whom the audit log names. */
  readonly actor: string
}

export async function openOffice(flags: Flags, terminal: Terminal): Promise<Office> {
  const { clock, random, user } = terminal
  const { store, signer } = await openState((await readSettings(flags, terminal)).state, random)
  const tokens = createTokens({ store, clock, random })
  const enrolment = createEnrolment({ store, signer, clock, random })
  const administration = createAdministration({ store, enrolment, tokens, clock, changed: async () => {} })
  return { store, administration, tokens, actor: `cli:${user}`, [Symbol.asyncDispose]: () => store.close() }
}
