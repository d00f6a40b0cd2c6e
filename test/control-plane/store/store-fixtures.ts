// What the contract of a store is tried with.

import type { Page, Run } from '../../../control-plane/runs/run.ts'
import type { Code, Replica, Store, Token } from '../../../control-plane/store/store.ts'

export const aCode: Code = {
  id: 'codecodecodecode',
  agent: 'acme',
  secret: 'not-a-real-secret',
  createdAt: 100,
  expiresAt: 1000,
  usedAt: null,
  revokedAt: null,
  used: null,
}

export const aReplica: Replica = {
  id: 'replica-1',
  agent: 'acme',
  publicKey: 'k'.repeat(43),
  version: '0.1.0',
  createdAt: 200,
  revokedAt: null,
  counter: 0,
  instance: null,
  lastSeenAt: null,
  journal: null,
  ledgerSeq: null,
  ledgerHash: null,
  ledgerAlarmAt: null,
}

export const aRun: Run = {
  id: 'run-00000001',
  agent: 'acme',
  job: 'groups.list',
  connection: 'main',
  effect: 'read',
  text: '{"id":"run-00000001"}',
  requester: 'ops',
  idempotencyKey: null,
  state: 'queued',
  attempt: 0,
  replica: null,
  journal: null,
  doubtful: false,
  approval: null,
  createdAt: 300,
  expiresAt: 900,
  finishedAt: null,
  cancelAskedAt: null,
  cancelTooLate: false,
  outcome: null,
  error: null,
  pageCount: 0,
  rowCount: 0,
  sha256: null,
}

export const aToken: Token = {
  name: 'ops',
  hash: 'a'.repeat(64),
  scopes: ['runs:read', 'runs:write@acme'],
  createdAt: 1,
  expiresAt: 2,
  revokedAt: null,
}

export const aPage: Page = { run: aRun.id, attempt: 1, seq: 0, rows: '[{"a":1}]', rowCount: 1 }
export type Open = () => Promise<Store & AsyncDisposable>

export const use = { id: aCode.id, at: 250, request: '{"r":1}', answer: '{"a":1}', replica: aReplica }

export async function withAgent(open: Open) {
  const store = await open()
  await store.codes.add(aCode)
  return store
}

export async function withRunSent(open: Open) {
  const store = await withAgent(open)
  await store.runs.add(aRun)
  await store.runs.step({ run: aRun.id, from: ['queued'], to: 'sent', change: { attempt: 1, replica: 'replica-1' } })
  return store
}
