// What every store must do with runs and their pages.

import { expect, test } from 'vitest'
import type { Run } from '../../../control-plane/runs/run.ts'
import { aPage, aRun, type Open, withAgent, withRunSent } from './store-fixtures.ts'

export function describeRuns(open: Open): void {
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

  test('that a run was submitted is noted with it, once', async () => {
    await using store = await withAgent(open)
    const noted = { at: 300, actor: 'ops', action: 'run.submitted', target: aRun.id, details: { job: 'groups.list' } }

    await store.runs.add(aRun, noted)
    await store.runs.add(aRun, noted)
    await expect(store.runs.add({ ...aRun, id: 'run-00000002', agent: 'nobody' }, noted)).rejects.toThrow()

    expect(await store.audit.list({ limit: 9 })).toEqual([noted])
  })

  test('what is noted of a step is kept with it, and not where the step is held back', async () => {
    await using store = await withRunSent(open)
    const noted = { at: 400, actor: 'ops', action: 'run.cancelled', target: aRun.id, details: {} }

    await store.runs.step({ run: aRun.id, from: ['queued'], change: { cancelAskedAt: 400 }, noted })
    expect(await store.audit.list({ limit: 9 })).toEqual([])
    await store.runs.step({ run: aRun.id, from: ['sent'], change: { cancelAskedAt: 400 }, noted })

    expect(await store.audit.list({ limit: 9 })).toEqual([noted])
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
      change: {
        error,
        finishedAt: 800,
        cancelTooLate: true,
        outcome: 'unknown',
        doubtful: true,
        journal: 'journal-0001',
      },
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
      doubtful: true,
      journal: 'journal-0001',
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

  test('a run that was taken over does not expire: nobody knows what was done of it', async () => {
    await using store = await withAgent(open)
    await store.runs.add({ ...aRun, effect: 'write', attempt: 1, doubtful: true })

    expect(await store.runs.expire(900)).toEqual([aRun.id])

    expect(await store.runs.get(aRun.id)).toMatchObject({
      state: 'failed',
      finishedAt: 900,
      outcome: 'unknown',
      error: { code: 'outcome_unknown' },
    })
  })

  test('those that wait are told apart by their effect, oldest first', async () => {
    await using store = await withRunSent(open)
    const effects = ['write', 'read', 'write'] as const
    const ids = ['run-00000002', 'run-00000003', 'run-00000004']
    await Promise.all(effects.map((effect, index) => store.runs.add({ ...aRun, id: ids[index] ?? '', effect })))
    const waiting = async (...wanted: ('read' | 'write')[]) =>
      (await store.runs.queued('acme', { effects: wanted, limit: 2 })).map(({ id }) => id)

    expect(await waiting('read')).toEqual(['run-00000003'])
    expect(await waiting('write')).toEqual(['run-00000002', 'run-00000004'])
    expect(await waiting('read', 'write')).toEqual(['run-00000002', 'run-00000003'])
  })
}

export function describePages(open: Open): void {
  test('the page of a step is stored with it, or neither is', async () => {
    await using store = await withRunSent(open)
    const finish = { run: aRun.id, from: ['sent'], attempt: 1, to: 'done' } as const

    const early = store.runs.step({ ...finish, page: { ...aPage, seq: 1 } })
    await expect(early).rejects.toMatchObject({ code: 'digest_mismatch' })
    const unchanged = await store.runs.get(aRun.id)
    expect(await store.runs.step({ ...finish, attempt: 2, page: { ...aPage, attempt: 2 } })).toBeUndefined()
    const done = await store.runs.step({ ...finish, page: aPage })

    expect(unchanged).toMatchObject({ state: 'sent', pageCount: 0 })
    expect(done).toMatchObject({ state: 'done', pageCount: 1, rowCount: 1 })
    expect(await store.pages.list(aRun.id, 1, { from: 0, limit: 9 })).toEqual([aPage])
    expect(await store.pages.list(aRun.id, 2, { from: 0, limit: 9 })).toEqual([])
  })

  test('writes that are asked for in one tick apply in their order: pages before the step that ends the run', async () => {
    await using store = await withRunSent(open)
    const second = { ...aPage, seq: 1 }
    const finish = { run: aRun.id, from: ['sent'], to: 'done', change: { finishedAt: 700 } } as const

    const answers = await Promise.all([
      store.pages.add(aPage),
      store.pages.add(second),
      store.runs.step(finish),
      store.pages.add({ ...aPage, seq: 2 }),
      store.runs.step({ ...finish, to: 'failed' }),
    ])

    expect(answers).toMatchObject(['stored', 'stored', { state: 'done', pageCount: 2 }, 'stale', undefined])
  })

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
    expect(await store.pages.rowCounts(aRun.id, 1)).toEqual([1, 2])
    expect(await store.pages.rowCounts(aRun.id, 2)).toEqual([])
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
