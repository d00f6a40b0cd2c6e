import { expect, test } from 'vitest'
import { judgeHead } from '../../../control-plane/gateway/ledger-head.ts'
import { openPeer } from '../../support/agent-peer.ts'
import { startControlPlane } from '../../support/control-plane.ts'
import { startGateway } from '../../support/gateway.ts'

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

test('administrators see the head of each replica, as the command on its host takes it', async () => {
  await using plane = await startControlPlane()
  await using _ = await plane.connect('acme')

  const { json } = await plane.ask({ path: '/v1/agents/acme', token: await plane.token('agents:read') })

  expect(Object(json).replicas).toMatchObject([{ ledger: null, ledgerAlarmAt: null }])
})
