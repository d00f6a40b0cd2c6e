import { createHash, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto'
import { CompactSign, compactVerify, importJWK } from 'jose'
import { describe, expect, test } from 'vitest'
import { openBatch } from '../../agent/runs/batch.ts'
import { pinKeys } from '../../agent/session/pinned-keys.ts'
import { SallyportError } from '../../protocol/sallyport-error.ts'
import {
  batchPayload,
  keyStatement,
  runText,
  type SignedType,
  signedHeader,
  signedTypes,
  welcomePayload,
} from '../../protocol/signed.ts'
import {
  batchVectors,
  keyStatementVectors,
  leadVectors,
  type TestKey,
  testKeys,
  welcomeVectors,
} from '../support/vectors.ts'

const keys = testKeys()
const batches = batchVectors()
const welcomes = welcomeVectors()
const statements = keyStatementVectors()
const leads = leadVectors()

const publicJwk = ({ x, kid }: TestKey) => ({ kty: 'OKP', crv: 'Ed25519', alg: 'EdDSA', x, kid })
const joseKey = (key: TestKey) => importJWK({ ...publicJwk(key), d: key.d })
const planeKey = createPublicKey({ key: publicJwk(keys.plane), format: 'jwk' })
const decode = (part: string | undefined) => Buffer.from(part ?? '', 'base64url').toString()

/** What node:crypto says of the signature alone. */
function isSigned(jws: string): boolean {
  const [header = '', payload = '', signature = ''] = jws.split('.')
  return verify(null, Buffer.from(`${header}.${payload}`), planeKey, Buffer.from(signature, 'base64url'))
}

/** What jose says of the same, with the header that the protocol asks for. */
async function isStandard(jws: string, typ: SignedType): Promise<boolean> {
  const key = await importJWK(publicJwk(keys.plane))
  const result = await compactVerify(jws, key, { algorithms: ['EdDSA'] }).catch(() => undefined)
  const header = signedHeader.safeParse(result?.protectedHeader)
  return header.data?.typ === typ && header.data.kid === keys.plane.kid
}

const valid = [
  ...batches.cases.filter(({ runs }) => runs).map((entry) => ({ ...entry, typ: signedTypes.batch })),
  ...welcomes.cases.filter(({ payload }) => payload).map((entry) => ({ ...entry, typ: signedTypes.welcome })),
  ...statements.cases.filter(({ close }) => !close).map((entry) => ({ ...entry, typ: signedTypes.keys })),
  ...leads.cases.filter(({ close }) => !close).map((entry) => ({ ...entry, typ: signedTypes.lead })),
]

describe.each(valid)('$typ: $name', ({ jws, typ }) => {
  const [header, payload = ''] = jws.split('.')

  test('is verified by jose and by node:crypto', async () => {
    expect(isSigned(jws)).toBe(true)
    expect(await isStandard(jws, typ)).toBe(true)
  })

  test('is made the same by jose and by node:crypto', async () => {
    const byJose = await new CompactSign(Buffer.from(payload, 'base64url'))
      .setProtectedHeader(JSON.parse(decode(header)))
      .sign(await joseKey(keys.plane))
    const privateKey = createPrivateKey({ key: { ...publicJwk(keys.plane), d: keys.plane.d }, format: 'jwk' })
    const signature = sign(null, Buffer.from(`${header}.${payload}`), privateKey).toString('base64url')

    expect(byJose).toBe(jws)
    expect(`${header}.${payload}.${signature}`).toBe(jws)
  })
})

describe('a believed batch', () => {
  test.each(batches.cases.filter(({ runs }) => runs))('holds its runs: $name', ({ jws, runs, sha256 }) => {
    const payload = batchPayload.parse(JSON.parse(decode(jws.split('.')[1])))
    const read = payload.runs.map(({ run, attempt, ttlMs, doubtful = false }) => {
      return { id: runText.parse(JSON.parse(run)).id, sha256: sha256Of(run), attempt, ttlMs, doubtful }
    })

    expect(payload).toMatchObject(batches.to)
    expect(read).toEqual(runs)
    expect(sha256 ?? sha256Of(jws)).toBe(sha256Of(jws))
  })
})

describe('a batch that is not believed', () => {
  const refused = (code: string) => batches.cases.filter(({ error }) => error === code)

  test.each([...refused('batch_signature_wrong'), ...refused('batch_key_unknown')])('$name', async ({ jws }) => {
    expect(isSigned(jws)).toBe(false)
    expect(await isStandard(jws, signedTypes.batch)).toBe(false)
  })

  test.each(refused('batch_malformed'))('$name', async ({ jws }) => {
    const payload = batchPayload.safeParse(json(decode(jws.split('.')[1])))
    const runs = payload.data?.runs.map(({ run }) => runText.safeParse(json(run)).success) ?? []

    const isBatch = payload.success && !runs.includes(false)
    expect(isBatch && (await isStandard(jws, signedTypes.batch))).toBe(false)
  })

  test.each(['plane', 'agent', 'replica', 'session'])('for another %s is signed all the same', async (whom) => {
    const [entry] = refused(`batch_wrong_${whom}`)
    const member = whom === 'session' ? 'nonce' : whom
    const payload = batchPayload.parse(JSON.parse(decode(entry?.jws.split('.')[1])))
    const differing = Object.entries(batches.to).filter(([key, value]) => Reflect.get(payload, key) !== value)

    expect(await isStandard(entry?.jws ?? '', signedTypes.batch)).toBe(true)
    expect(differing.map(([key]) => key)).toEqual([member])
  })
})

test.each(welcomes.cases)('the payload of a welcome is the one of the vector: $name', ({ jws, payload }) => {
  const read = welcomePayload.safeParse(JSON.parse(decode(jws.split('.')[1])))

  if (payload) expect(read.data).toEqual(payload)
})

test.each(statements.cases)('a statement that is pinned is the one of the vector: $name', ({ jws, pins }) => {
  const read = keyStatement.parse(JSON.parse(decode(jws.split('.')[1])))

  if (pins) expect(read).toEqual(pins)
})

describe('an agent judges as the vectors say', () => {
  const pinned = pinKeys(keyStatement.parse(statements.pinned))
  const sinceChallenge = { monotonicMs: 2000, wallMs: 2000 }

  test.each(batches.cases)('a batch: $name', ({ jws, runs, error }) => {
    const judge = () => openBatch(jws, pinned, { ...batches.to, sinceChallenge })

    if (error) return expect(judge).toThrow(expect.objectContaining({ code: error }))
    const read = judge().map(({ run, digest: sha256, attempt, ttlMs, doubtful }) => {
      return { id: run.id, sha256, attempt, ttlMs, doubtful }
    })
    expect(read).toEqual(runs)
  })

  test.each(statements.cases)('a key statement: $name', ({ jws, pins, close }) => {
    const judge = () => pinned.succeed(jws)

    if (close) return expect(judge).toThrow(SallyportError)
    expect(judge()).toEqual(pins)
  })
})

const sha256Of = (text: string) => createHash('sha256').update(text).digest('hex')

function json(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
