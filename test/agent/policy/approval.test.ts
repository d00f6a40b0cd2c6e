import { createHash } from 'node:crypto'
import { runText } from '@sallyport/protocol'
import { describe, expect, test } from 'vitest'
import { approvalKey, whyNotApproved } from '../../../agent/policy/approval.ts'
import { approvalFor, makeApprover } from '../../support/approval.ts'
import { approvalVectors, testKeys } from '../../support/vectors.ts'

const now = Date.UTC(2026, 0, 5)
const digest = createHash('sha256').update('the text of a run').digest('hex')
const said = { agent: 'acme', run: 'run-00000001', digest, notAfter: now + 60_000 }
const asked = { agent: 'acme', run: 'run-00000001', digest }

test('a run is approved by any JWS of its key that is for it', async () => {
  const { key, approve } = await makeApprover()

  expect(whyNotApproved(key, { ...asked, approval: await approve(said) }, now)).toBeUndefined()
  expect(whyNotApproved(key, { ...asked, approval: await approve(said) }, said.notAfter)).toBeUndefined()
})

describe('a run is not approved', () => {
  test.for([
    ['for another agent', { agent: 'other' }, 'another agent'],
    ['for another run', { run: 'run-00000002' }, 'another run'],
    ['for other bytes', { digest: '0'.repeat(64) }, 'other bytes'],
    ['that has ended', { notAfter: now - 1 }, 'has ended'],
    ['that lasts for longer than ids are kept', { notAfter: now + 31 * 24 * 60 * 60_000 }, 'longer than 30 days'],
    ['that says something else', { run: 7 }, 'not understood'],
  ] as const)('by one %s', async ([, part, why]) => {
    const { key, approve } = await makeApprover()

    expect(whyNotApproved(key, { ...asked, approval: await approve({ ...said, ...part }) }, now)).toContain(why)
  })

  test('by none, by that of another key, or by another signature of this one', async () => {
    const { key, approve } = await makeApprover()
    const other = await makeApprover()

    expect(whyNotApproved(key, asked, now)).toContain('no approval')
    expect(whyNotApproved(key, { ...asked, approval: 'x.y.z' }, now)).toContain('no approval')
    expect(whyNotApproved(key, { ...asked, approval: await other.approve(said) }, now)).toContain('not by the key')
    const batch = await approve(said, { typ: 'sallyport-batch' })
    expect(whyNotApproved(key, { ...asked, approval: batch }, now)).toContain('no approval')
  })
})

test.each(approvalVectors().cases)('the vector of an approval $name: $isApproved', ({ jws: approval, isApproved }) => {
  const { agent, text, now: at } = approvalVectors()
  const key = { kty: 'OKP', crv: 'Ed25519', x: testKeys().stranger.x } as const
  const { run, digest } = approvalFor(runText.parse(JSON.parse(text)).id, text, at)

  expect(whyNotApproved(key, { agent, run, digest, approval }, at) === undefined).toBe(isApproved)
})

test('the policy has no place for a private key', () => {
  const key = { kty: 'OKP', crv: 'Ed25519', x: 'x'.repeat(43) }

  expect(approvalKey.safeParse(key).success).toBe(true)
  expect(approvalKey.safeParse({ ...key, d: 'd'.repeat(43) }).success).toBe(false)
})
