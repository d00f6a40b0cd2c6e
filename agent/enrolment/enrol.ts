// Enrolment from the host's side: one request, and every check of what comes back before anything is believed.

import { createHmac, timingSafeEqual } from 'node:crypto'
import {
  agentProofText,
  type EnrolmentAnswer,
  type EnrolmentCode,
  type EnrolmentRequest,
  type ErrorCode,
  enrolmentAnswer,
  type KeyStatement,
  keyStatement,
  knowsText,
  parseEnrolmentCode,
  planeProofText,
  SallyportError,
} from '@sallyport/protocol'
import type { EnrolmentDraft, Identity, IdentityFile } from '../identity/identity.ts'
import { makeReplicaKey } from '../identity/replica-key.ts'
import { areNamedTruly } from '../identity/thumbprint.ts'
import type { Random } from '../ports/random.ts'
import { planeUrl } from '../session/plane-url.ts'

export type Enrolment = {
  readonly url: string
  /** As the control plane printed it; white space around it does not matter. */
  readonly code: string
  readonly version: string
  readonly identityFile: IdentityFile
  readonly random: Random
  /** Posts to the plane; throws `plane_unreachable`, or the plane's own refusal. */
  readonly post: (url: string, request: EnrolmentRequest) => Promise<unknown>
}

/** After these the code will never work, and the key that was made for it has no use. */
const spent: ReadonlySet<ErrorCode> = new Set(['code_wrong', 'code_used', 'code_expired', 'code_revoked'])

/**
 * Makes a key, proves the code, checks who answered, and writes identity.json. Nothing is trusted on first use: the code
 * names the plane's key. A second try with the same code sends the same request, so that a lost answer costs nothing.
 */
export async function enrol(enrolment: Enrolment): Promise<Identity> {
  const { url, identityFile } = enrolment
  const code = parseEnrolmentCode(enrolment.code)
  const draft = await draftFor(enrolment, code)
  const side = { code, nonce: draft.nonce, publicKey: draft.key.x }
  const request = {
    code: code.id,
    nonce: draft.nonce,
    publicKey: draft.key.x,
    version: enrolment.version,
    knows: mac(code, knowsText(code, draft.nonce)),
    proof: mac(code, agentProofText(side)),
  }
  const said = await enrolment.post(planeUrl(url, '/v1/enrolments').href, request).catch(async (error: unknown) => {
    if (error instanceof SallyportError && spent.has(error.code)) await identityFile.dropDraft()
    throw error
  })
  const believable = parseAnswer(said, url)
  const { answer, statement } = believable
  checkKeys(believable, code, url)
  if (!equal(answer.proof, mac(code, planeProofText(side, answer)))) {
    throw new SallyportError(
      'plane_proof_wrong',
      `enrol at ${url}: the answer was not made by who made the code, or was changed on the way. Nothing was stored. Look for a TLS-inspecting proxy between this host and the control plane.`,
    )
  }
  const identity: Identity = {
    version: 1,
    plane: { id: answer.plane, keys: statement, url },
    agent: answer.agent,
    replica: answer.replica,
    key: draft.key,
    counter: 0,
  }
  await identityFile.write(identity)
  await identityFile.dropDraft()
  return identity
}

async function draftFor({ identityFile, random }: Enrolment, code: EnrolmentCode): Promise<EnrolmentDraft> {
  const begun = await identityFile.readDraft()
  if (begun?.code === code.id) return begun
  const draft = { code: code.id, nonce: random.bytes(32).toString('base64url'), key: makeReplicaKey() }
  await identityFile.writeDraft(draft)
  return draft
}

/** An answer in its form, and the key statement inside. */
type Believable = { readonly answer: EnrolmentAnswer; readonly statement: KeyStatement }

function parseAnswer(value: unknown, url: string): Believable {
  const answer = enrolmentAnswer.safeParse(value).data
  const statement = keyStatement.safeParse(parseJson(answer?.keys ?? '')).data
  if (answer !== undefined && statement?.plane === answer.plane) return { answer, statement }
  throw new SallyportError(
    'plane_answer_unexpected',
    `enrol at ${url}: what answered is not a Sallyport control plane. Check the URL.`,
  )
}

/** The statement must hold the key that the code names by its fingerprint, and only keys whose fingerprints are true. */
function checkKeys({ statement }: Believable, code: EnrolmentCode, url: string): void {
  if (areNamedTruly(statement) && statement.keys.some(({ kid }) => kid === code.fingerprint)) return
  throw new SallyportError(
    'plane_key_wrong',
    `enrol at ${url}: the key that answered is not the one that the code names. Nothing was stored. The URL is another control plane's, or something between here and there changes what passes.`,
  )
}

function mac(code: EnrolmentCode, text: string): string {
  return createHmac('sha256', Buffer.from(code.secret, 'base64url')).update(text).digest('base64url')
}

function equal(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)]
  return left.length === right.length && timingSafeEqual(left, right)
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
