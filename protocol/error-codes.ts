// Every error that Sallyport can answer: what it means, whose fault it is, whether to try again. Nothing decides on message text.

/** Who can mend it. `caller` is whoever submitted the run, `customer` the administrator of the agent's host. */
export type Fault = 'caller' | 'customer' | 'agent' | 'plane' | 'jumpcloud' | 'network'

type ErrorRow = { readonly meaning: string; readonly fault: Fault; readonly retry: boolean }

const row = (fault: Fault, retry: boolean, meaning: string): ErrorRow => ({ meaning, fault, retry })
const no = false
const yes = true

/** The table of error codes. `retry` means that the same request may succeed later without anybody changing it. */
export const errorCodes = {
  // At the gate of the agent
  params_invalid: row('caller', no, 'the params do not fit the job'),
  job_unknown: row('caller', no, 'there is no job of this name at the agent or the control plane'),
  connection_unknown: row('caller', no, 'the agent has no connection of this name'),
  policy_denied: row('customer', no, "the customer's policy does not allow it; `rule` names the rule"),
  run_conflict: row('plane', no, 'a run of this id with other bytes is known'),
  run_expired: row('plane', yes, 'the run was not started before its time to live ended'),
  run_unknown: row('caller', no, 'there is no run of this id'),
  agent_busy: row('agent', yes, 'the agent holds as many runs as it can'),
  cancelled: row('caller', no, 'the run was cancelled before anything was changed'),
  batch_malformed: row('plane', no, 'the signed batch is not in the form that the protocol describes'),
  batch_key_unknown: row('plane', no, 'the batch is signed by a key that this agent has not pinned'),
  batch_signature_wrong: row('plane', no, 'the batch is not what the key signed'),
  batch_wrong_plane: row('plane', no, 'the batch was signed for another control plane'),
  batch_wrong_agent: row('plane', no, 'the batch was signed for another agent'),
  batch_wrong_replica: row('plane', no, 'the batch was signed for another replica'),
  batch_wrong_session: row('plane', no, 'the batch was signed for another session'),

  // Toward JumpCloud
  credential_missing: row('customer', no, 'the connection has no usable JumpCloud credential'),
  credential_rejected: row('customer', no, 'JumpCloud did not accept the credential'),
  organisation_ambiguous: row('customer', no, 'the credential sees several organisations and none is named'),
  organisation_unknown: row('customer', no, 'the named organisation is not one that the credential sees'),
  jumpcloud_forbidden: row('customer', no, 'the role behind the credential may not do this'),
  plan_missing: row('customer', no, 'the JumpCloud plan does not include this'),
  not_found: row('caller', no, 'JumpCloud has no such object'),
  jumpcloud_conflict: row('caller', no, 'JumpCloud says that this contradicts what is there'),
  jumpcloud_refused: row('caller', no, 'JumpCloud did not accept the request'),
  rate_limited: row('jumpcloud', yes, 'JumpCloud kept answering that there are too many requests'),
  budget_spent: row('customer', yes, 'the requests that the customer allows the connection in an hour are used up'),
  jumpcloud_unavailable: row('jumpcloud', yes, 'JumpCloud answered with a server error'),
  jumpcloud_timeout: row('jumpcloud', yes, 'JumpCloud did not answer in time'),
  jumpcloud_unreachable: row('network', yes, 'no connection to JumpCloud could be made or kept'),
  response_unexpected: row(
    'jumpcloud',
    no,
    'JumpCloud answered with something that is not what its interface describes',
  ),
  response_too_large: row('jumpcloud', no, 'JumpCloud answered with more than the agent takes'),
  listing_unstable: row('jumpcloud', yes, 'the listing kept changing while it was read'),

  // Inside
  row_invalid: row('agent', no, 'a row does not fit the job'),
  row_too_large: row('agent', no, 'one row is larger than a page'),
  frame_too_large: row('agent', no, 'a frame is larger than the protocol allows'),
  digest_mismatch: row('agent', no, 'the pages that arrived are not those that the agent sent'),
  leak_blocked: row('agent', no, 'the output held the JumpCloud credential and was stopped'),
  attempt_lost: row('agent', yes, 'the replica ended while it ran this, before anything was changed'),
  outcome_unknown: row(
    'agent',
    no,
    'the replica was lost, or the run cancelled, after something may have been changed',
  ),
  internal_error: row('agent', no, 'a defect in Sallyport'),

  // Enrolment
  code_malformed: row('customer', no, 'the text is not an enrolment code'),
  code_wrong: row('customer', no, 'there is no such enrolment code'),
  code_used: row('customer', no, 'the enrolment code was used already'),
  code_expired: row('customer', no, 'the enrolment code is too old'),
  code_revoked: row('customer', no, 'the enrolment code was revoked'),
  enrolment_tampered: row('network', no, 'the key that arrived is not the key that the agent sent'),
  plane_key_wrong: row('network', no, 'the key that answered is not the one that the code names'),
  plane_proof_wrong: row('network', no, 'the answer was not made by who made the code'),
  plane_unreachable: row('network', yes, 'no connection to the control plane could be made'),
  plane_answer_unexpected: row('plane', no, 'what answered is not a Sallyport control plane'),
  agent_disabled: row('customer', no, 'the agent is disabled at the control plane'),

  // On the host
  configuration_invalid: row('customer', no, 'the configuration cannot be used'),
  policy_invalid: row('customer', no, 'the policy cannot be used'),
  journal_lost: row(
    'customer',
    no,
    'the journal of the agent was damaged or removed, and with it what the run had done',
  ),
  journal_unavailable: row('customer', yes, 'the agent cannot write its journal'),
  ledger_broken: row('customer', no, 'the ledger of the agent is not what was written'),
  agent_not_ready: row('customer', yes, 'the agent runs and takes no work now'),
  agent_unreachable: row('customer', yes, 'no running agent answers on this host'),
  check_failed: row('customer', no, 'a check of `sallyport doctor` failed'),
  identity_missing: row('customer', no, 'this host is not enrolled'),
  identity_invalid: row('customer', no, 'the identity file cannot be used'),
  secret_missing: row('customer', no, 'the source holds no secret'),
  secret_unreadable: row('customer', no, 'the source of the secret cannot be read'),
  secret_invalid: row('customer', no, 'the secret is not in a form that can be used'),

  // HTTP interface of the control plane
  token_missing: row('caller', no, 'the request carries no API token'),
  token_wrong: row('caller', no, 'the API token is not known, or revoked'),
  token_expired: row('caller', no, 'the API token is too old'),
  scope_missing: row('caller', no, 'the API token may not do this'),
  request_invalid: row('caller', no, 'the request is not in the form that the interface describes'),
  body_too_large: row('caller', no, 'the body is larger than the interface takes'),
  route_unknown: row('caller', no, 'there is nothing at this address'),
  pages_gone: row('caller', no, 'the pages of the run are kept no longer'),
  agent_unknown: row('caller', no, 'there is no agent of this name'),
  replica_unknown: row('caller', no, 'there is no replica of this id'),
  code_unknown: row('caller', no, 'there is no enrolment code of this id'),
  token_unknown: row('caller', no, 'there is no API token of this name'),
  name_taken: row('caller', no, 'something of this name exists already'),
  idempotency_conflict: row('caller', no, 'the Idempotency-Key was used with another body'),
  plane_error: row('plane', yes, 'a defect in the control plane'),
} as const satisfies Record<string, ErrorRow>

export type ErrorCode = keyof typeof errorCodes

/** True for the codes of the table; the wire may carry codes of a newer version, which are kept as they came. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCodes, code)
}
