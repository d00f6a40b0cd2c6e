// The store, opened by a verb beside the running server, which notices what changed by itself.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type Administration, createAdministration } from '../audit/administration.ts'
import { createNote, type Note } from '../audit/note.ts'
import { createEnrolment } from '../enrolment/enrolment.ts'
import { silentLog } from '../ports/log.ts'
import { openState } from '../server.ts'
import type { Store } from '../store/store.ts'
import { createTokens, type Tokens } from '../tokens/tokens.ts'
import { type Flags, readSettings } from './settings.ts'
import type { Terminal } from './terminal.ts'

export type Office = AsyncDisposable & {
  readonly store: Store
  /** The directory. */
  readonly state: string
  readonly administration: Administration
  readonly tokens: Tokens
  /** Whom the audit log names. */
  readonly actor: string
  readonly note: Note
}

export async function openOffice(flags: Flags, terminal: Terminal): Promise<Office> {
  const { clock, random, user } = terminal
  const { state } = await readSettings(flags, terminal)
  const isNew = !existsSync(join(state, 'signing.key'))
  const { store, signer } = await openState(state, { random, clock })
  // A mistyped directory would look like a control plane that has lost all it knew.
  if (isNew)
    terminal.err(`sallyport-control: ${state} was empty; a new control plane with a key of its own begins there.\n`)
  const tokens = createTokens({ store, clock, random })
  const enrolment = createEnrolment({ store, signer, clock, random })
  const administration = createAdministration({
    store,
    enrolment,
    tokens,
    clock,
    log: silentLog,
    changed: async () => {},
  })
  return {
    ...{ store, state, administration, tokens, actor: `cli:${user}`, note: createNote({ store, clock }) },
    [Symbol.asyncDispose]: () => store.close(),
  }
}
