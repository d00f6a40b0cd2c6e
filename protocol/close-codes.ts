// Why a session ended, and whether to try again. Retry is decided by the code alone.

import type { Fault } from './error-codes.ts'

/** `soon`: with backoff. `later`: every 15 minutes, because a person must act first. */
export type Retry = 'soon' | 'later'

type CloseRow = {
  readonly code: number
  readonly meaning: string
  readonly fault: Fault | 'nobody'
  readonly retry: Retry
}

const row = (code: number, fault: CloseRow['fault'], retry: Retry, meaning: string): CloseRow => ({
  code,
  meaning,
  fault,
  retry,
})

export const closeCodes = {
  bye: row(1000, 'nobody', 'soon', 'the session ended in order'),
  message_too_big: row(1009, 'agent', 'soon', 'a message was larger than the socket takes'),
  restart: row(1012, 'nobody', 'soon', 'the control plane is stopping; come back when `leave` said so'),
  frame_malformed: row(4400, 'agent', 'soon', 'a message was not a JSON object with a `type`'),
  frame_invalid: row(4401, 'agent', 'soon', 'the members of a known frame do not fit'),
  frame_unexpected: row(4402, 'agent', 'soon', 'a known frame came where it may not'),
  proof_wrong: row(4403, 'agent', 'later', 'the proof of the session is not one by the key of this replica'),
  replica_unknown: row(4404, 'customer', 'later', 'the control plane knows no such replica; enrol again'),
  replica_revoked: row(4405, 'customer', 'later', 'the replica was revoked at the control plane'),
  protocol_unsupported: row(4406, 'agent', 'later', 'the two ends have no protocol version in common'),
  agent_disabled: row(4407, 'customer', 'later', 'the agent is disabled at the control plane'),
  handshake_timeout: row(4408, 'network', 'soon', 'the handshake took too long'),
  replica_conflict: row(
    4409,
    'customer',
    'later',
    'another living process uses the key of this replica (a cloned host)',
  ),
  counter_behind: row(4410, 'customer', 'later', 'the counter of this replica went back (a cloned or restored host)'),
  session_replaced: row(4411, 'nobody', 'soon', 'the same process opened a newer session'),
  plane_proof_wrong: row(4412, 'plane', 'later', '`welcome` is not signed by a pinned key, or not for this session'),
  plane_wrong: row(4413, 'plane', 'later', 'this is not the control plane that the agent is enrolled at'),
  peer_silent: row(4414, 'network', 'soon', 'the peer sent nothing and answered no ping'),
  left: row(4415, 'nobody', 'soon', 'the agent is stopping'),
  deregistered: row(4416, 'nobody', 'later', 'the agent said goodbye'),
  internal_error: row(4500, 'plane', 'soon', 'a defect at the end that closed'),
} as const satisfies Record<string, CloseRow>

export type CloseReason = keyof typeof closeCodes

const byCode = new Map<number, CloseReason>(
  Object.entries(closeCodes).map(([reason, { code }]) => [code, reason as CloseReason]), // Object.entries widens the key
)

/** The name of a close code; `undefined` for one that the table does not have, which is tried again soon. */
export function closeReason(code: number): CloseReason | undefined {
  return byCode.get(code)
}
