// What every store must do, whatever it keeps its data in.

import { describe, expect, test } from 'vitest'
import { describePages, describeRuns } from './run-store-contract.ts'
import { aCode, aPage, aReplica, aRun, aToken, type Open, use, withAgent, withRunSent } from './store-fixtures.ts'

export function describeStore(name: string, open: Open): void {
  describe(name, () => {
    describeAgents(open)
    describeCodes(open)
    describeRuns(open)
    describePages(open)
    describeTokens(open)
  })
}

function describeAgents(open: Open): void {
  test('an agent comes into being with its first code and stays as it is with the next', async () => {
    await using store = await withAgent(open)

    await store.codes.add({ ...aCode, id: 'codecodecodecod2', createdAt: 150 })

    expect(await store.agents.list()).toEqual([
      { name: 'acme', createdAt: 100, disabledAt: null, lead: null, epoch: 0 },
    ])
    expect(await store.agents.get('nobody')).toBeUndefined()
  })

  test('disabling an agent again keeps the first instant, and an unknown one is told', async () => {
    await using store = await withAgent(open)

    expect(await store.agents.disable('acme', 500)).toBe(true)
    expect(await store.agents.disable('acme', 600)).toBe(true)
    expect(await store.agents.disable('nobody', 600)).toBe(false)

    expect((await store.agents.get('acme'))?.disabledAt).toBe(500)
  })

  test('the lead is given once in each epoch', async () => {
    await using store = await withAgent(open)

    const given = await Promise.all([
      store.agents.giveLead('acme', { replica: 'replica-1', epoch: 0 }),
      store.agents.giveLead('acme', { replica: 'replica-2', epoch: 0 }),
      store.agents.giveLead('nobody', { replica: 'replica-1', epoch: 0 }),
    ])

    expect(given).toEqual([true, false, false])
    expect(await store.agents.get('acme')).toMatchObject({ lead: 'replica-1', epoch: 1 })
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
    const session = { id: aReplica.id, counter: 3, instance: 'instance-1', version: '0.2.0', journal: null, at: 400 }

    expect(await store.replicas.opened(session)).toBe(true)
    expect(await store.replicas.opened(session)).toBe(false)
    expect(await store.replicas.opened({ ...session, counter: 2 })).toBe(false)
    await store.replicas.revoke(aReplica.id, 450)
    expect(await store.replicas.opened({ ...session, counter: 4 })).toBe(false)

    expect(await store.replicas.list('acme')).toEqual([
      { ...aReplica, counter: 3, instance: 'instance-1', version: '0.2.0', lastSeenAt: 400, revokedAt: 450 },
    ])
  })

  test('of a ledger it keeps the head that was told last, and when one was told that did not go on', async () => {
    await using store = await withAgent(open)
    await store.codes.use(use)
    const session = { id: aReplica.id, counter: 3, instance: 'instance-1', version: '0.2.0', journal: null, at: 400 }
    const head = { seq: 7, hash: 'a'.repeat(64) }

    await store.replicas.opened({ ...session, ledger: head })
    await store.replicas.opened({ ...session, counter: 4, ledger: null, ledgerAlarmAt: 500 })
    await store.replicas.opened({ ...session, counter: 5 })

    expect(await store.replicas.get(aReplica.id)).toMatchObject({
      ...{ ledgerSeq: 7, ledgerHash: head.hash, ledgerAlarmAt: 500 },
    })
  })

  test('of a journal it keeps what was said last, in a session and when the next one begins', async () => {
    await using store = await withAgent(open)
    await store.codes.use(use)
    const session = { id: aReplica.id, counter: 3, instance: 'instance-1', version: '0.2.0', at: 400 }

    await store.replicas.opened({ ...session, journal: 'ok' })
    expect(await store.replicas.told(aReplica.id, 'full')).toBe(true)
    expect(await store.replicas.get(aReplica.id)).toMatchObject({ journal: 'full' })
    await store.replicas.opened({ ...session, counter: 4, journal: null })

    expect(await store.replicas.get(aReplica.id)).toMatchObject({ journal: null })
    expect(await store.replicas.told('replica-9', 'ok')).toBe(false)
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
