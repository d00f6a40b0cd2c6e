// What every store must do, whatever it keeps its data in.

import { describe, expect, test } from 'vitest'
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

const aToken: Token = {
  name: 'ops',
  hash: 'a'.repeat(64),
  scopes: ['runs:read', 'runs:write@acme'],
  createdAt: 1,
  expiresAt: 2,
  revokedAt: null,
}

const aPage: Page = { run: aRun.id, attempt: 1, seq: 0, rows: '[{"a":1}]', rowCount: 1 }
const use = { id: aCode.id, at: 250, request: '{"r":1}', answer: '{"a":1}', replica: aReplica }

type Open = () => Promise<Store & AsyncDisposable>

export function describeStore(name: string, open: Open): void {
  describe(name, () => {
    describeAgents(open)
    describeCodes(open)
    describeRuns(open)
    describePages(open)
    describeTokens(open)
  })
}

async function withAgent(open: Open) {
  const store = await open()
  await store.codes.add(aCode)
  return store
}

async function withRunSent(open: Open) {
  const store = await withAgent(open)
  await store.runs.add(aRun)
  await store.runs.step({ run: aRun.id, from: ['queued'], to: 'sent', change: { attempt: 1, replica: 'replica-1' } })
  return store
}

function describeAgents(open: Open): void {
  test('an agent comes into being with its first code and stays as it is with the next', async () => {
    await using store = await withAgent(open)

    await store.codes.add({ ...aCode, id: 'codecodecodecod2', createdAt: 150 })

    expect(await store.agents.list()).toEqual([{ name: 'acme', createdAt: 100, disabledAt: null }])
    expect(await store.agents.get('nobody')).toBeUndefined()
  })

  test('disabling an agent again keeps the first instant, and an unknown one is told', async () => {
    await using store = await withAgent(open)

    expect(await store.agents.disable('acme', 500)).toBe(true)
    expect(await store.agents.disable('acme', 600)).toBe(true)
    expect(await store.agents.disable('nobody', 600)).toBe(false)

    expect((await store.agents.get('acme'))?.disabledAt).toBe(500)
  })

  test('removing an agent removes its replicas, codes, runs and pages', async () => {
    await using store = await withRunSent(open)
    await store.codes.use(use)
    await store.pages.add(aPage)

    expect(await store.agents.remove('acme')).toBe(true)

    expect(await store.replicas.get(aReplica.id)).toBeUndefined()
    expect(await store.codes.get(aCode.id)).toBeUndefined()
    expect(await store.runs.get(aRun.id)).toBeUndefined()
    expect(await store.pages.list(aRun.id, 1, { from: 0, limit: 10 })).toEqual([])
  })

  test('a session is recorded only with a higher counter and while the replica is not revoked', async () => {
    await using store = await withAgent(open)
    await store.codes.use(use)
    const session = { id: aReplica.id, counter: 3, instance: 'instance-1', version: '0.2.0', at: 400 }

    expect(await store.replicas.opened(session)).toBe(true)
    expect(await store.replicas.opened(session)).toBe(false)
    expect(await store.replicas.opened({ ...session, counter: 2 })).toBe(false)
    await store.replicas.revoke(aReplica.id, 450)
    expect(await store.replicas.opened({ ...session, counter: 4 })).toBe(false)

    expect(await store.replicas.list('acme')).toEqual([
      { ...aReplica, counter: 3, instance: 'instance-1', version: '0.2.0', lastSeenAt: 400, revokedAt: 450 },
    ])
  })
}

function describeCodes(open: Open): void {
  test('of two that use one code, one is let in', async () => {
    await using store = await withAgent(open)

    const answers = await Promise.all([
      store.codes.use(use),
      store.codes.use({ ...use, replica: { ...aReplica, id: 'replica-2' } }),
    ])

    expect(answers).toEqual([true, false])
    expect((await store.replicas.list('acme')).map(({ id }) => id)).toEqual(['replica-1'])
    expect(await store.codes.get(aCode.id)).toEqual({
      ...aCode,
      secret: '',
      usedAt: 250,
      used: { request: '{"r":1}', answer: '{"a":1}' },
    })
  })

  test('a revoked code lets nobody in and its secret is gone', async () => {
    await using store = await withAgent(open)

    expect(await store.codes.revoke(aCode.id, 200)).toBe(true)
    expect(await store.codes.revoke('unknownunknown00', 200)).toBe(false)

    expect(await store.codes.use(use)).toBe(false)
    expect(await store.codes.get(aCode.id)).toEqual({ ...aCode, secret: '', revokedAt: 200 })
  })

  test('the secret of an expired code is forgotten when the next code is made', async () => {
    await using store = await withAgent(open)

    await store.codes.add({ ...aCode, id: 'codecodecodecod2', createdAt: 1000, expiresAt: 2000 })

    expect((await store.codes.list('acme')).map(({ secret }) => secret)).toEqual(['', 'not-a-real-secret'])
  })
}

function describeRuns(open: Open): void {
  test('a run with a known id, or a known idempotency key of its agent, is the run that is there', async () => {
    await using store = await withAgent(open)
    const run = { ...aRun, idempotencyKey: 'once' }

    const answers = await Promise.all([
      store.runs.add(run),
      store.runs.add({ ...run, text: 'other' }),
      store.runs.add({ ...run, id: 'run-00000002' }),
    ])

    expect(answers).toEqual([
      { run, existing: false },
      { run, existing: true },
      { run, existing: true },
    ])
  })

  test('a run for an agent that is not there is refused, and writes beside it are kept', async () => {
    await using store = await withAgent(open)

    const [lost, kept] = await Promise.allSettled([
      store.runs.add({ ...aRun, id: 'run-00000002', agent: 'nobody' }),
      store.runs.add(aRun),
    ])

    expect(lost).toMatchObject({ status: 'rejected', reason: { code: 'agent_unknown' } })
    expect(kept.status).toBe('fulfilled')
    expect(await store.runs.get(aRun.id)).toEqual(aRun)
  })

  test('a step changes what it names and is held back by another state or another attempt', async () => {
    await using store = await withRunSent(open)
    const error = { code: 'not_found', message: 'get group: there is none' }

    expect(await store.runs.step({ run: aRun.id, from: ['queued'], to: 'sent' })).toBeUndefined()
    expect(await store.runs.step({ run: aRun.id, from: ['sent'], attempt: 2, to: 'done' })).toBeUndefined()
    const failed = await store.runs.step({
      run: aRun.id,
      from: ['sent', 'accepted'],
      attempt: 1,
      to: 'failed',
      change: { error, finishedAt: 800, cancelTooLate: true, outcome: 'unknown' },
    })

    expect(failed).toEqual({
      ...aRun,
      state: 'failed',
      attempt: 1,
      replica: 'replica-1',
      error,
      finishedAt: 800,
      cancelTooLate: true,
      outcome: 'unknown',
    })
    expect(await store.runs.get(aRun.id)).toEqual(failed)
  })

  test('lists the newest first, from a run on, by state; and those in some states oldest first', async () => {
    await using store = await withAgent(open)
    const ids = ['run-00000001', 'run-00000002', 'run-00000003']
    await Promise.all(ids.map((id) => store.runs.add({ ...aRun, id })))
    await store.runs.step({ run: 'run-00000002', from: ['queued'], to: 'sent' })
    const idsOf = (runs: readonly Run[]) => runs.map(({ id }) => id)

    expect(idsOf(await store.runs.list('acme', { limit: 2 }))).toEqual(['run-00000003', 'run-00000002'])
    expect(idsOf(await store.runs.list('acme', { limit: 2, after: 'run-00000002' }))).toEqual(['run-00000001'])
    expect(idsOf(await store.runs.list('acme', { limit: 9, state: 'sent' }))).toEqual(['run-00000002'])
    expect(idsOf(await store.runs.inState('acme', ['queued', 'sent'], 2))).toEqual(['run-00000001', 'run-00000002'])
    expect(await store.runs.list('nobody', { limit: 9 })).toEqual([])
    expect(await store.runs.countByState()).toEqual({ queued: 2, sent: 1 })
  })

  test('only runs that nobody has started expire', async () => {
    await using store = await withRunSent(open)
    await store.runs.add({ ...aRun, id: 'run-00000002' })
    await store.runs.add({ ...aRun, id: 'run-00000003', expiresAt: 901 })

    expect(await store.runs.expire(900)).toEqual(['run-00000002'])

    expect(await store.runs.get('run-00000002')).toMatchObject({
      state: 'expired',
      finishedAt: 900,
      error: { code: 'run_expired' },
    })
  })
}

function describePages(open: Open): void {
  test('stores each page once, in order, and counts it on the run', async () => {
    await using store = await withRunSent(open)
    const second = { ...aPage, seq: 1, rows: '[{"a":2},{"a":3}]', rowCount: 2 }

    expect(await store.pages.add(second)).toBe('gap')
    expect(await Promise.all([store.pages.add(aPage), store.pages.add(second), store.pages.add(second)])).toEqual([
      'stored',
      'stored',
      'stored',
    ])

    expect(await store.runs.get(aRun.id)).toMatchObject({ pageCount: 2, rowCount: 3 })
    expect(await store.pages.list(aRun.id, 1, { from: 0, limit: 10 })).toEqual([aPage, second])
    expect(await store.pages.list(aRun.id, 1, { from: 1, limit: 10 })).toEqual([second])
    expect(await store.pages.list(aRun.id, 1, { from: 0, limit: 1 })).toEqual([aPage])
  })

  test('other rows under the number of a stored page are a gap', async () => {
    await using store = await withRunSent(open)
    await store.pages.add(aPage)

    expect(await store.pages.add({ ...aPage, rows: '[{"a":9}]' })).toBe('gap')
  })

  test('pages of another attempt, of an ended run and of no run are stale', async () => {
    await using store = await withRunSent(open)

    expect(await store.pages.add({ ...aPage, attempt: 2 })).toBe('stale')
    expect(await store.pages.add({ ...aPage, run: 'run-00000009' })).toBe('stale')
    await store.runs.step({ run: aRun.id, from: ['sent'], to: 'cancelled', change: { finishedAt: 700 } })
    expect(await store.pages.add(aPage)).toBe('stale')
  })

  test('the next attempt begins with no pages', async () => {
    await using store = await withRunSent(open)
    await store.pages.add(aPage)

    const again = await store.runs.step({ run: aRun.id, from: ['sent'], to: 'sent', change: { attempt: 2 } })

    expect(again).toMatchObject({ attempt: 2, pageCount: 0, rowCount: 0 })
    expect(await store.pages.add(aPage)).toBe('stale')
    expect(await store.pages.add({ ...aPage, attempt: 2 })).toBe('stored')
  })
}

function describeTokens(open: Open): void {
  test('finds a token by its hash, takes a name once, and revokes by name', async () => {
    await using store = await open()

    expect(await store.tokens.add(aToken)).toBe(true)
    expect(await store.tokens.add({ ...aToken, hash: 'b'.repeat(64) })).toBe(false)
    expect(await store.tokens.byHash(aToken.hash)).toEqual(aToken)
    expect(await store.tokens.byHash('b'.repeat(64))).toBeUndefined()
    expect(await store.tokens.revoke('ops', 5)).toBe(true)
    expect(await store.tokens.revoke('nobody', 5)).toBe(false)
    expect(await store.tokens.list()).toEqual([{ ...aToken, revokedAt: 5 }])
  })

  test('keeps audit entries, newest first', async () => {
    await using store = await open()
    const entry = { at: 1, actor: 'ops', action: 'code.created', target: 'acme', details: { code: 'c' } }

    await Promise.all([store.audit.add(entry), store.audit.add({ ...entry, at: 2 })])

    expect(await store.audit.list({ limit: 10 })).toEqual([{ ...entry, at: 2 }, entry])
    expect(await store.audit.list({ limit: 1 })).toEqual([{ ...entry, at: 2 }])
  })
}
