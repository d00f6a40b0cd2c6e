// Whether a `hello` is by a replica that may come in: what it says, and the proof by its key. The order is PROTOCOL.md's.

import { createHash, createPublicKey, verify } from 'node:crypto'
import { commonVersion, type HelloBody, helloBody, protocolVersions, sessionProofText } from '@sallyport/protocol'
import type { Replica, Store } from '../store/store.ts'
import type { Hello } from './challenge.ts'
import { SessionRefusal } from './session-refusal.ts'

export type Introduction = {
  readonly body: HelloBody
  readonly replica: Replica
  /** The version that both speak. */
  readonly protocol: number
}

type Challenged = {
  readonly store: Pick<Store, 'agents' | 'replicas'>
  readonly plane: string
  /** The plane's. */
  readonly nonce: string
}

/** Throws `SessionRefusal`. */
export async function verifyHello(challenged: Challenged, hello: Hello): Promise<Introduction> {
  const body = readBody(hello.body)
  const replica = await knownReplica(challenged.store, body)
  const protocol = commonVersion(protocolVersions, body.protocol)
  if (protocol === undefined) {
    const { min, max } = protocolVersions
    throw new SessionRefusal(
      'protocol_unsupported',
      `the agent speaks protocol ${body.protocol.min} to ${body.protocol.max}, this plane ${min} to ${max}: update the older one`,
    )
  }
  if (!isProof(challenged, { hello, body, replica })) {
    throw new SessionRefusal('proof_wrong', `not by the key of replica ${replica.id}, or not for this session`)
  }
  return { body, replica, protocol }
}

/** Closes sessions too, when an administrator has changed something: undefined while the replica may stay. */
export async function whyOut(
  store: Pick<Store, 'agents' | 'replicas'>,
  { agent, replica: id }: { readonly agent: string; readonly replica: string },
): Promise<SessionRefusal | undefined> {
  const replica = await store.replicas.get(id)
  if (replica === undefined || replica.agent !== agent) {
    return new SessionRefusal('replica_unknown', `agent ${agent} has no replica ${id} here; enrol again`)
  }
  if (replica.revokedAt !== null) return new SessionRefusal('replica_revoked', `replica ${id} was revoked; enrol again`)
  const known = await store.agents.get(agent)
  if (known === undefined || known.disabledAt === null) return undefined
  return new SessionRefusal('agent_disabled', `agent ${agent} is disabled at the control plane`)
}

async function knownReplica(store: Challenged['store'], { agent, replica: id }: HelloBody): Promise<Replica> {
  const out = await whyOut(store, { agent, replica: id })
  if (out !== undefined) throw out
  const replica = await store.replicas.get(id)
  if (replica !== undefined) return replica
  throw new SessionRefusal('replica_unknown', `agent ${agent} has no replica ${id} here; enrol again`)
}

function readBody(text: string): HelloBody {
  const parsed = helloBody.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  const where = issue?.path.map(String).join('.') || 'the text'
  throw new SessionRefusal('frame_invalid', `hello: body: ${where}: ${issue?.message ?? 'does not fit'}`)
}

type Claim = { readonly hello: Hello; readonly body: HelloBody; readonly replica: Replica }

function isProof({ plane, nonce }: Challenged, { hello, body, replica }: Claim): boolean {
  const text = sessionProofText({
    plane,
    planeNonce: nonce,
    planeProtocol: protocolVersions,
    agentNonce: body.nonce,
    agentProtocol: body.protocol,
    helloSha256: createHash('sha256').update(hello.body).digest('hex'),
  })
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: replica.publicKey }, format: 'jwk' })
  return verify(null, Buffer.from(text), key, Buffer.from(hello.proof, 'base64url'))
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
