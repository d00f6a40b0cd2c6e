import { mkdtempDisposable, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { migrations } from '../../../control-plane/store/sqlite/schema.ts'
import { openSqliteStore } from '../../../control-plane/store/sqlite.ts'
import { describeStore } from './store-contract.ts'
import { aCode, aPage, aRun, aToken, withRunSent } from './store-fixtures.ts'

describeStore('the store on SQLite', () => openSqliteStore({ path: ':memory:' }))

const aDirectory = () => mkdtempDisposable(join(tmpdir(), 'sallyport-store-'))

test('what was stored is there when the file is opened again, and the file is for its owner alone', async () => {
  await using directory = await aDirectory()
  const path = join(directory.path, 'store.db')
  const before = await openSqliteStore({ path })
  await before.codes.add(aCode)
  await before.runs.add(aRun)
  expect((await stat(`${path}-wal`)).mode & 0o777).toBe(0o600)
  await before.close()

  await using after = await openSqliteStore({ path })

  expect(await after.runs.get(aRun.id)).toEqual(aRun)
  expect((await stat(path)).mode & 0o777).toBe(0o600)
})

test('the version changes when another process wrote, and not by own writes', async () => {
  await using directory = await aDirectory()
  const path = join(directory.path, 'store.db')
  await using one = await openSqliteStore({ path })
  await using other = await openSqliteStore({ path })
  const before = await one.version()

  await one.codes.add(aCode)
  expect(await one.version()).toBe(before)
  await other.agents.disable('acme', 5)

  expect(await one.version()).not.toBe(before)
  expect((await one.agents.get('acme'))?.disabledAt).toBe(5)
})

test('what another process changed is read anew, however often it was read before', async () => {
  await using directory = await aDirectory()
  const path = join(directory.path, 'store.db')
  await using one = await openSqliteStore({ path })
  await using other = await openSqliteStore({ path })
  await Promise.all([one.codes.add(aCode), one.runs.add(aRun), one.tokens.add(aToken)])
  const read = async () =>
    await Promise.all([one.agents.get('acme'), one.runs.get(aRun.id), one.tokens.byHash(aToken.hash)])
  const before = await read()

  await other.runs.step({ run: aRun.id, from: ['queued'], to: 'cancelled' })
  await other.tokens.revoke(aToken.name, 7)
  const fenced = await one.runs.step({ run: aRun.id, from: ['queued'], to: 'sent' })
  const changed = await read()
  await other.agents.remove('acme')

  expect(before).toMatchObject([{ name: 'acme' }, aRun, { revokedAt: null }])
  expect(fenced).toBeUndefined()
  expect(changed).toMatchObject([{ name: 'acme' }, { state: 'cancelled' }, { revokedAt: 7 }])
  expect(await read()).toMatchObject([undefined, undefined, { revokedAt: 7 }])
})

test('a write that fails leaves nothing in memory, and those beside it are done once', async () => {
  await using store = await withRunSent(() => openSqliteStore({ path: ':memory:' }))
  const fails = { run: aRun.id, from: ['sent'], to: 'done', page: { ...aPage, seq: 9 } } as const

  const together = await Promise.allSettled([store.pages.add(aPage), store.runs.step(fails), store.codes.add(aCode)])
  const alone = await store.runs.step(fails).catch((error: unknown) => error)

  expect(together).toMatchObject([{ value: 'stored' }, { reason: { code: 'digest_mismatch' } }, { status: 'rejected' }])
  expect(alone).toMatchObject({ code: 'digest_mismatch' })
  expect(await store.runs.get(aRun.id)).toMatchObject({ state: 'sent', pageCount: 1 })
  expect(await store.pages.rowCounts(aRun.id, 1)).toEqual([1])
})

test('writes of one tick wait for one commit', async () => {
  const flushes: (() => void)[] = []
  await using store = await openSqliteStore({ path: ':memory:', defer: (flush) => flushes.push(flush) })

  const writes = Promise.all([store.codes.add(aCode), store.runs.add(aRun)])
  expect(flushes).toHaveLength(1)
  expect(await store.runs.get(aRun.id)).toBeUndefined()
  flushes[0]?.()
  await writes

  expect(await store.runs.get(aRun.id)).toEqual(aRun)
})

test('writes that wait are committed when the store is closed, and later ones are refused', async () => {
  const store = await openSqliteStore({ path: ':memory:', defer: () => {} })

  const write = store.codes.add(aCode)
  await store.close()

  await expect(write).resolves.toBeUndefined()
  await expect(store.codes.add(aCode)).rejects.toThrow('it is closed')
})

test('a store of a newer version is left alone', async () => {
  await using directory = await aDirectory()
  const path = join(directory.path, 'store.db')
  const newer = new DatabaseSync(path)
  newer.exec('PRAGMA user_version = 99')
  newer.close()

  await expect(openSqliteStore({ path })).rejects.toThrow('it is of version 99')
})

const {
  journal: _journal,
  doubtful: _doubtful,
  approval: _approval,
  ...aRunOfTheFirst
} = { ...aRun, cancelTooLate: 0, error: null }

test.for([
  ['the first', 1, aRunOfTheFirst],
  ['the third', 3, { ...aRunOfTheFirst, doubtful: 0, journalled: 1 }],
] as const)(
  'a store of %s version keeps its runs, in no doubt and under no journal that it knows',
  async ([, version, run]) => {
    await using directory = await aDirectory()
    const path = join(directory.path, 'store.db')
    const older = new DatabaseSync(path)
    for (const step of migrations.slice(0, version)) older.exec(step)
    older.exec(`PRAGMA user_version = ${version}; INSERT INTO agents (name, createdAt) VALUES ('acme', 1)`)
    const columns = Object.keys(run)
    older.prepare(`INSERT INTO runs (${columns}) VALUES (${columns.map((name) => `:${name}`)})`).run({ ...run })
    older.close()

    await using store = await openSqliteStore({ path })

    expect(await store.runs.get(aRun.id)).toEqual(aRun)
  },
)
