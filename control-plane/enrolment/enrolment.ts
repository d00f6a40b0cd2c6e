// One-time codes, and the exchange that turns one into a replica.

import {
  agentProofText,
  type EnrolmentAnswer,
  type EnrolmentRequest,
  enrolmentAnswer,
  enrolmentRequest,
  formatEnrolmentCode,
  knowsText,
  plainName,
  planeProofText,
  SallyportError,
  times,
} from '@sallyport/protocol'
import type { Signer } from '../keys/signer.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Code, Replica, Store } from '../store/store.ts'
import { isMac, mac } from './mac.ts'

export type MadeCode = {
  readonly id: string
  /** The whole code. It is shown once: it holds the secret. */
  readonly text: string
  readonly expiresAt: number
}

export type Enrolment = {
  /** Throws `request_invalid` for a name that is none or a ttl that cannot be, `agent_disabled`. */
  createCode(agent: string, ttlMs?: number): Promise<MadeCode>
  /** Throws `code_unknown`. */
  revokeCode(id: string): Promise<void>
  /**
   * Throws `request_invalid`, `code_wrong`, `code_used`, `code_expired`, `code_revoked`, `enrolment_tampered` or
   * `agent_disabled`. The very same request gets its first answer again until the code expires, because an answer may get lost.
   */
  enrol(request: unknown): Promise<EnrolmentAnswer>
}

export type EnrolmentOptions = {
  readonly store: Pick<Store, 'agents' | 'codes'>
  readonly signer: Signer
  readonly clock: Pick<Clock, 'now'>
  readonly random: Random
}

const longestTtlMs = 24 * 60 * 60 * 1000

export function createEnrolment(options: EnrolmentOptions): Enrolment {
  const { store, signer, clock, random } = options

  async function createCode(agent: string, ttlMs: number = times.codeTtlMs): Promise<MadeCode> {
    checkCodeRequest(agent, ttlMs)
    await refuseDisabled(store, agent, 'make an enrolment code')
    // Not `-` in front: the command line would take the id for a flag.
    const id = random.bytes(12).toString('base64url').replace(/^-/, '_')
    const secret = random.bytes(32).toString('base64url')
    const createdAt = clock.now()
    const expiresAt = createdAt + ttlMs
    await store.codes.add({ id, agent, secret, createdAt, expiresAt, usedAt: null, revokedAt: null, used: null })
    return { id, text: formatEnrolmentCode({ id, secret, fingerprint: signer.kid }), expiresAt }
  }

  async function revokeCode(id: string): Promise<void> {
    if (await store.codes.revoke(id, clock.now())) return
    throw new SallyportError('code_unknown', `revoke the enrolment code ${id.slice(0, 64)}: there is none of this id.`)
  }

  return { createCode, revokeCode, enrol: (request) => enrol(options, request) }
}

async function enrol(options: EnrolmentOptions, value: unknown): Promise<EnrolmentAnswer> {
  const { store, clock } = options
  const request = parseRequest(value)
  const text = JSON.stringify(request)
  const code = await store.codes.get(request.code)
  if (code === undefined) throw refused('code_wrong')
  if (code.revokedAt !== null) throw refused('code_revoked')
  if (clock.now() >= code.expiresAt) throw refused('code_expired')
  await refuseDisabled(store, code.agent, 'enrol')
  if (code.used !== null) return firstAnswer(code.used, text)
  checkProofs(options, code, request)

  const answer = answerTo(options, code, request)
  const replica = newReplica(options, request, answer)
  const use = { id: code.id, at: clock.now(), request: text, answer: JSON.stringify(answer), replica }
  if (await store.codes.use(use)) return answer
  const now = await store.codes.get(code.id)
  if (now?.used) return firstAnswer(now.used, text)
  throw refused('code_revoked')
}

function firstAnswer(used: { readonly request: string; readonly answer: string }, request: string): EnrolmentAnswer {
  if (used.request !== request) throw refused('code_used')
  return enrolmentAnswer.parse(JSON.parse(used.answer))
}

/** The secret first, then the key: so that a mistyped code and a key swapped on the way can be told apart. */
function checkProofs({ signer }: EnrolmentOptions, { id, secret }: Code, request: EnrolmentRequest): void {
  const code = { id, secret, fingerprint: signer.kid }
  if (!isMac(request.knows, secret, knowsText(code, request.nonce))) throw refused('code_wrong')
  const proof = agentProofText({ code, nonce: request.nonce, publicKey: request.publicKey })
  if (!isMac(request.proof, secret, proof)) throw refused('enrolment_tampered')
}

function answerTo({ signer, random }: EnrolmentOptions, code: Code, request: EnrolmentRequest): EnrolmentAnswer {
  const answer = {
    plane: signer.plane,
    agent: code.agent,
    replica: `rp_${random.bytes(12).toString('base64url')}`,
    nonce: random.bytes(32).toString('base64url'),
    keys: signer.statement,
  }
  const side = {
    code: { id: code.id, secret: code.secret, fingerprint: signer.kid },
    nonce: request.nonce,
    publicKey: request.publicKey,
  }
  return { ...answer, proof: mac(code.secret, planeProofText(side, answer)) }
}

function newReplica({ clock }: EnrolmentOptions, request: EnrolmentRequest, answer: EnrolmentAnswer): Replica {
  return {
    id: answer.replica,
    agent: answer.agent,
    publicKey: request.publicKey,
    version: request.version,
    createdAt: clock.now(),
    revokedAt: null,
    counter: 0,
    instance: null,
    lastSeenAt: null,
    journal: null,
    ledgerSeq: null,
    ledgerHash: null,
    ledgerAlarmAt: null,
  }
}

async function refuseDisabled(store: EnrolmentOptions['store'], agent: string, doing: string): Promise<void> {
  const known = await store.agents.get(agent)
  if (known === undefined || known.disabledAt === null) return
  throw new SallyportError('agent_disabled', `${doing} for the agent ${agent}: it is disabled at the control plane.`)
}

function checkCodeRequest(agent: string, ttlMs: number): void {
  const name = plainName.safeParse(agent)
  if (!name.success) {
    throw new SallyportError('request_invalid', `make an enrolment code: ${name.error.issues[0]?.message}.`)
  }
  if (!Number.isInteger(ttlMs) || ttlMs < 1 || ttlMs > longestTtlMs) {
    throw new SallyportError('request_invalid', 'make an enrolment code: it may live from 1 ms to 24 hours.')
  }
}

function parseRequest(value: unknown): EnrolmentRequest {
  const request = enrolmentRequest.safeParse(value)
  if (request.success) return request.data
  const [issue] = request.error.issues
  const where = issue?.path.map(String).join('.') || 'the body'
  throw new SallyportError('request_invalid', `enrol: ${where}: ${issue?.message ?? 'does not fit'}.`)
}

const advice = {
  code_wrong: 'the control plane has no such code. Copy the whole line of a new one.',
  code_used: 'the code was used already, by another host or another key. Make a new one.',
  code_expired: 'the code is too old. Make a new one.',
  code_revoked: 'the code was revoked. Make a new one.',
  enrolment_tampered:
    'the key that arrived is not the one that the agent sent: something between the two (a TLS-inspecting proxy?) changed it.',
} as const

function refused(code: keyof typeof advice): SallyportError {
  return new SallyportError(code, `enrol: ${advice[code]}`)
}
