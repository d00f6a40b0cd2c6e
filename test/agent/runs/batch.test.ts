import { createHash } from 'node:crypto'

import { SallyportError } from '@sallyport/protocol'
import { CompactSign, importJWK } from 'jose'
import { expect, test } from 'vitest'
import { openBatch } from '../../../agent/runs/batch.ts'
import { pinKeys } from '../../../agent/session/pinned-keys.ts'
import { openSession } from '../../support/open-session.ts'
import { makeSigningKey, signingKey, statementOf } from '../../support/plane-peer-keys.ts'
import { batched } from '../../support/plane-peer-session.ts'
import { batchVectors, testKeys } from '../../support/vectors.ts'

const vectors = batchVectors()
const keys = pinKeys(statementOf(vectors.to.plane, 1, signingKey(testKeys().plane)))

const sinceChallenge = { monotonicMs: 2000, wallMs: 1000 }

function opened(jws: string) {
  try {
    return { runs: openBatch(jws, keys, { ...vectors.to, sinceChallenge }) }
  } catch (error) {
    return { error: error instanceof SallyportError ? error.code : String(error) }
  }
}

test.each(vectors.cases)('batch of the vectors: $name', ({ jws, runs, error }) => {
  const result = opened(jws)

  if (error !== undefined) return expect(result).toEqual({ error })
  const told = result.runs?.map(({ run, digest: sha256, attempt, ttlMs, doubtful }) => {
    return { id: run.id, sha256, attempt, ttlMs, doubtful }
  })
  expect(told).toEqual(runs)
})

test('counts its age from the challenge, by each clock, and never less than nothing', () => {
  const [valid] = vectors.cases

  const ages = opened(valid?.jws ?? '').runs?.map(({ age }) => age)

  expect(ages?.[0]).toEqual({ monotonicMs: 500, wallMs: 0 })
})

test('finds that a batch is for another before what is wrong with the text of a run', () => {
  const runs = [{ run: '{}', attempt: 1, ttlMs: 0 }]
  const jws = signingKey(testKeys().plane).sign('sallyport-batch', {
    ...vectors.to,
    plane: 'another',
    sentAfterMs: 0,
    runs,
  })

  expect(opened(jws)).toEqual({ error: 'batch_wrong_plane' })
})

test('does a batch that jose signed', async () => {
  await using open = await openSession()
  const { plane, session } = open
  const { agent, replica, nonce } = session.body
  const key = await importJWK({ ...plane.key.key.export({ format: 'jwk' }), kty: 'OKP' }, 'EdDSA')
  const runs = [batched({ id: 'run-of-jose', job: 'org.get' })]
  const payload = { plane: plane.id, agent, replica, nonce, sentAfterMs: 0, runs }
  const jws = await new CompactSign(new TextEncoder().encode(JSON.stringify(payload)))
    .setProtectedHeader({ alg: 'EdDSA', typ: 'sallyport-batch', kid: plane.key.kid })
    .sign(key)

  session.send({ type: 'run', jws })

  expect(await session.answer('run-of-jose')).toMatchObject({ type: 'done', rowCount: 1 })
})

const stranger = makeSigningKey()
const runs = [batched({ id: 'run-not-believed', job: 'org.get' })]

test.each([
  { told: 'was signed by a key that is not pinned', levers: { key: stranger }, code: 'batch_key_unknown' },
  { told: 'is for another plane', levers: { payload: { plane: 'plane-2' } }, code: 'batch_wrong_plane' },
  { told: 'is for another agent', levers: { payload: { agent: 'other' } }, code: 'batch_wrong_agent' },
  { told: 'is for another replica', levers: { payload: { replica: 'r-2' } }, code: 'batch_wrong_replica' },
  { told: 'is of another session', levers: { payload: { nonce: 'z'.repeat(43) } }, code: 'batch_wrong_session' },
  { told: 'holds no runs', levers: { payload: { runs: [] } }, code: 'batch_malformed' },
  {
    told: 'holds a run whose text does not fit, beside one that does',
    levers: { payload: { runs: [...runs, { run: 'run!', attempt: 1, ttlMs: 1 }] } },
    code: 'batch_malformed',
  },
])('refuses as a whole a batch that $told, and asks JumpCloud nothing', async ({ levers, code }) => {
  await using open = await openSession()
  const { session, jumpcloud, agent } = open

  const jws = session.run([{ id: 'run-not-believed', job: 'org.get' }], levers)

  expect(await session.next('refused')).toMatchObject({
    batch: createHash('sha256').update(jws).digest('hex'),
    error: { code },
  })
  expect(await agent.line('batch.refused')).toMatchObject({ code })
  session.run([{ id: 'run-after', job: 'no.such' }])
  await session.answer('run-after')
  expect(jumpcloud.requests).toEqual([])
})

test('refuses a batch that was altered on the way', async () => {
  await using open = await openSession()
  const { session, plane, jumpcloud } = open
  const { agent, replica, nonce } = session.body
  const honest = { plane: plane.id, agent, replica, nonce, runs }
  const [header, , signature] = plane.key.sign('sallyport-batch', honest).split('.')
  const payload = Buffer.from(JSON.stringify({ ...honest, runs: [batched({ job: 'groups.list' })] }))

  session.send({ type: 'run', jws: `${header}.${payload.toString('base64url')}.${signature}` })

  expect(await session.next('refused')).toMatchObject({ error: { code: 'batch_signature_wrong' } })
  expect(jumpcloud.requests).toEqual([])
})

test('refuses a batch that is sent again in a later session', async () => {
  await using open = await openSession()
  const { session, plane } = open
  const jws = session.run([{ id: 'run-once-only', job: 'org.get' }])
  await session.answer('run-once-only')

  session.cut()
  const later = await plane.session()
  later.send({ type: 'run', jws })

  expect(await later.next('refused')).toMatchObject({ error: { code: 'batch_wrong_session' } })
})
