// Whether this replica leads, as the plane said last: the feeds of the agent run at one replica at a time.

import { leadPayload, SallyportError, signedTypes } from '@sallyport/protocol'
import type { Log } from '../log.ts'
import type { Addressee } from '../runs/batch.ts'
import type { PinnedKeys } from './pinned-keys.ts'

export type Lead = { readonly lead: boolean; readonly epoch: number }

/** What a `lead` frame says. Throws where it may not be believed: not signed by a pinned key, or for somebody else. */
export function openLead(jws: string, keys: PinnedKeys, addressee: Addressee): Lead {
  const payload = leadPayload.safeParse(keys.open(jws, signedTypes.lead)).data
  const isMine =
    payload !== undefined &&
    (['plane', 'agent', 'replica', 'nonce'] as const).every((member) => payload[member] === addressee[member])
  if (isMine) return { lead: payload.lead, epoch: payload.epoch }
  throw new SallyportError('plane_proof_wrong', 'take the lead: it was given to another replica or session')
}

export type LeadKeeper = { readonly current: Lead; take(next: Lead): void }

/** Across sessions: what an older epoch says is ignored. */
export function createLeadKeeper(log: Log): LeadKeeper {
  let current: Lead = { lead: false, epoch: 0 }
  return {
    get current() {
      return current
    },
    take: (next) => {
      if (next.epoch < current.epoch) return log.warn('session.lead_ignored', { ...next, known: current.epoch })
      if (next.lead !== current.lead) log.info('session.lead', next)
      current = next
    },
  }
}
