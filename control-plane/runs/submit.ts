// From what a caller asks for to a stored run: held to its contract, made a text once, and sent at once where it can be. Nothing
// that may change the directory is sent before it is stored.

import { type Effect, limits, plainName, SallyportError, times, writeRunText } from '@sallyport/protocol'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { AuditEntry, Store } from '../store/store.ts'
import { approvedId } from './approved-id.ts'
import type { Batches } from './batches.ts'
import { checkParams, contractOf } from './contract-of.ts'
import type { HeldRun } from './held-run.ts'
import type { HeldRuns } from './held-runs.ts'
import type { Queue } from './queue.ts'
import type { Seat } from './roster.ts'
import type { Run } from './run.ts'
import type { Submission } from './runs.ts'

export type SubmitOptions = {
  readonly store: Pick<Store, 'agents' | 'runs'>
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
  readonly heldRuns: HeldRuns
  readonly queue: Queue
  readonly batches: Batches
}

/** `wanted` is where it shall go if it can; such a run does not wait for those that do. */
export async function submit(
  options: SubmitOptions,
  submission: Submission,
  wanted?: Seat,
): Promise<{ run: Run; existing: boolean }> {
  const { store, heldRuns, queue, batches } = options
  const contract = await contractOf(submission.job)
  const params = checkParams(contract, submission.params)
  checkEnvelope(submission)
  await checkAgent(store, submission.agent)
  const fresh = newRun(options, submission, { params, effect: contract.effect })

  // With room for it, the run is stored as sent: one commit less before it leaves.
  const mayGo = wanted !== undefined || queue.isEmpty(fresh.agent)
  const held = mayGo ? heldRuns.take(fresh, contract, wanted) : undefined
  const isAhead = held !== undefined && mayLeaveUnstored(fresh)
  if (isAhead) batches.add(held)
  try {
    const added = await store.runs.add(held?.run ?? fresh, noteOf(fresh))
    if (added.existing) checkSame(added.run, submission, params)
    if (added.existing && held !== undefined) heldRuns.release(held)
    else if (held === undefined) queue.joined(fresh.agent)
    else if (!isAhead) batches.add(held)
    return added
  } catch (error) {
    if (held !== undefined) callOff(heldRuns, held)
    throw error
  }
}

/**
 * What changes nothing leaves while it is being stored. Where the control plane ends before that is done, nobody was promised a
 * run: the replica comes back with one that nobody knows, and is told to abandon it. A key is the promise that it is sent once.
 */
function mayLeaveUnstored({ effect, idempotencyKey }: Run): boolean {
  return effect === 'read' && idempotencyKey === null
}

/** It is not stored; the agent may have it already. */
function callOff(heldRuns: HeldRuns, held: HeldRun): void {
  held.askCancel()
  if (held.sent && !held.ended) held.seat?.session.send({ type: 'cancel', run: held.run.id })
  heldRuns.release(held)
}

/** What the audit log says of it. */
function noteOf({ id: target, agent, job, connection, requester: actor, createdAt: at }: Run): AuditEntry {
  return { at, actor, action: 'run.submitted', target, details: { agent, job, connection } }
}

type Checked = { readonly params: unknown; readonly effect: Effect }

function newRun({ clock, random }: SubmitOptions, submission: Submission, { params, effect }: Checked): Run {
  const {
    agent,
    job,
    connection,
    requester,
    idempotencyKey = null,
    approval = null,
    ttlMs = times.runTtlMs,
  } = submission
  const createdAt = clock.now()
  const id = approval === null ? runIdAt(createdAt, random) : approvedId(approval, submission, params)
  return {
    id,
    agent,
    job,
    connection,
    effect,
    text: textOf(id, submission, params),
    requester,
    idempotencyKey,
    approval,
    state: 'queued',
    attempt: 0,
    replica: null,
    journal: null,
    doubtful: false,
    createdAt,
    expiresAt: createdAt + ttlMs,
    finishedAt: null,
    cancelAskedAt: null,
    cancelTooLate: false,
    outcome: null,
    error: null,
    pageCount: 0,
    rowCount: 0,
    sha256: null,
  }
}

/** Time first: stores keep runs that follow each other side by side, and a commit then touches half as many of their pages. */
function runIdAt(createdAt: number, random: Random): string {
  const time = Math.max(0, Math.floor(createdAt)).toString(36).padStart(9, '0')
  return `run_${time}${random.bytes(9).toString('base64url')}`
}

function textOf(id: string, { job, connection, requester }: Submission, params: unknown): string {
  const text = writeRunText({ id, job, connection, params, requester })
  const byteCount = Buffer.byteLength(text)
  if (byteCount <= limits.runBytes) return text
  const message = `submit ${job}: the run is ${byteCount} bytes, and at most ${limits.runBytes} can be sent. Split the params.`
  throw new SallyportError('params_invalid', message)
}

/** The text holds the id of its run, so a repetition is the same text under the id that exists. */
function checkSame(existing: Run, submission: Submission, params: unknown): void {
  const isSame = existing.agent === submission.agent && existing.text === textOf(existing.id, submission, params)
  if (isSame) return
  throw new SallyportError(
    'idempotency_conflict',
    `submit ${submission.job}: this Idempotency-Key or approval was used for run ${existing.id}, which asks for something else. Draw a new one.`,
  )
}

function checkEnvelope({ job, connection, requester, ttlMs = times.runTtlMs }: Submission): void {
  const invalid = (why: string) => new SallyportError('request_invalid', `submit ${job}: ${why}.`)
  const name = plainName.safeParse(connection)
  if (!name.success) throw invalid(`connection: ${name.error.issues[0]?.message}`)
  if (requester.length > 200) throw invalid('requester: at most 200 characters')
  if (!Number.isInteger(ttlMs) || ttlMs < 1 || ttlMs > times.runTtlCapMs) {
    throw invalid(`ttlMs: a whole number from 1 to ${times.runTtlCapMs}`)
  }
}

async function checkAgent(store: Pick<Store, 'agents'>, name: string): Promise<void> {
  const agent = await store.agents.get(name)
  if (agent === undefined) {
    const message = `submit to the agent ${name.slice(0, 64)}: there is no agent of this name. Enrol one first.`
    throw new SallyportError('agent_unknown', message)
  }
  if (agent.disabledAt !== null) {
    throw new SallyportError('agent_disabled', `submit to the agent ${name}: it is disabled at the control plane.`)
  }
}
