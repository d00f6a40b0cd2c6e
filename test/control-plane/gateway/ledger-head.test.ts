import { sign } from 'node:crypto'
import { ledgerHeadText } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import { judgeHead } from '../../../control-plane/gateway/ledger-head.ts'
import { openPeer } from '../../support/agent-peer.ts'
import { startControlPlane } from '../../support/control-plane.ts'
import { startGateway } from '../../support/gateway.ts'
import { until } from '../../support/until.ts'

const one = { seq: 5, hash: 'a'.repeat(64) }
const other = { seq: 5, hash: 'b'.repeat(64) }

test.each([
  ['a first head', null, one, undefined],
  ['a replica that has kept no ledger yet', null, null, undefined],
  ['the same head', one, one, undefined],
  ['a later one', one, { ...other, seq: 6 }, undefined],
  ['an earlier one', one, { ...other, seq: 4 }, 'went_back'],
  ['another one of the same number', one, other, 'changed'],
  ['none any more', one, null, 'gone'],
] as const)('%s', (_, kept, told, alarm) => {
  expect(judgeHead(kept, told)).toBe(alarm)
})

test('a ledger that went back is in the log, in the audit log and with the replica, and the session goes on', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()
  const first = await openPeer(plane.url, identity, { body: { ledger: one } })
  await first[Symbol.asyncDispose]()
  expect(await plane.store.replicas.get(identity.replica)).toMatchObject({ ledgerSeq: 5, ledgerAlarmAt: null })

  await using _ = await openPeer(plane.url, identity, { body: { ledger: { ...other, seq: 4 } } })

  const fields = { why: 'went_back', kept: one, told: { ...other, seq: 4 } }
  expect(await plane.store.replicas.get(identity.replica)).toMatchObject({
    ...{ ledgerSeq: 4, ledgerHash: other.hash, ledgerAlarmAt: plane.clock.now() },
  })
  expect(await plane.store.audit.list({ limit: 1 })).toMatchObject([
    { action: 'ledger.alarm', target: identity.replica, details: fields },
  ])
  expect(plane.gateway.sessions()).toHaveLength(1)
})

test('a later head is kept when the replica signed it, and nobody else can tell one', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()
  await using peer = await openPeer(plane.url, identity, { body: { ledger: one } })
  const head = { seq: 9, hash: 'c'.repeat(64) }
  const text = ledgerHeadText({ agent: 'acme', replica: identity.replica, head })
  const seqOf = async () => (await plane.store.replicas.get(identity.replica))?.ledgerSeq

  peer.send({ type: 'state', ledger: { ...head, signature: 'A'.repeat(86) } })
  await until(() => plane.log.some(({ event }) => event === 'ledger.head_refused'))
  expect(await seqOf()).toBe(5)
  peer.send({
    type: 'state',
    ledger: { ...head, signature: sign(null, Buffer.from(text), identity.key).toString('base64url') },
  })

  await until(async () => (await seqOf()) === 9)
  const back = { seq: 8, hash: head.hash }
  const backText = ledgerHeadText({ agent: 'acme', replica: identity.replica, head: back })
  const signature = sign(null, Buffer.from(backText), identity.key).toString('base64url')
  peer.send({ type: 'state', ledger: { ...back, signature } })
  await until(() => plane.log.some(({ event }) => event === 'ledger.alarm'))
})

test('administrators see the head of each replica, as the command on its host takes it', async () => {
  await using plane = await startControlPlane()
  await using _ = await plane.connect('acme')

  const { json } = await plane.ask({ path: '/v1/agents/acme', token: await plane.token('agents:read') })

  expect(Object(json).replicas).toMatchObject([{ ledger: null, ledgerAlarmAt: null }])
})
