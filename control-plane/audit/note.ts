// Writes one entry of the audit log: who did what to what.

import type { Clock } from '../ports/clock.ts'
import type { AuditEntry, Store } from '../store/store.ts'

export type Note = (actor: string, action: string, target: string, details?: AuditEntry['details']) => Promise<void>

type Options = { readonly store: Pick<Store, 'audit'>; readonly clock: Pick<Clock, 'now'> }

export function createNote({ store, clock }: Options): Note {
  return (actor, action, target, details = {}) => store.audit.add({ at: clock.now(), actor, action, target, details })
}
