import { mkdtempDisposable, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemRandom as random } from '../../../control-plane/ports/random.ts'
import { createPageSeal } from '../../../control-plane/store/page-seal.ts'
import { openSqliteStore } from '../../../control-plane/store/sqlite.ts'
import { aPage, aRun, withRunSent } from './store-fixtures.ts'

const key = Buffer.alloc(32, 7)
const place = { run: 'run-00000001', attempt: 1, seq: 0 }

test('opens what it closed, in its own place and by its own key alone', () => {
  const seal = createPageSeal(key, random)

  const blob = seal.close(place, '[{"name":"Ops"}]')

  expect(seal.open(place, blob)).toBe('[{"name":"Ops"}]')
  expect(seal.close(place, '[{"name":"Ops"}]')).not.toEqual(blob)
  const opens = [
    () => seal.open({ ...place, seq: 1 }, blob),
    () => seal.open({ ...place, run: 'run-00000002' }, blob),
    () => createPageSeal(Buffer.alloc(32, 8), random).open(place, blob),
    () => seal.open(place, blob.subarray(0, 20)),
  ]
  for (const open of opens) expect(open).toThrow('Restore pages.key')
})

test('rows are nowhere in the files of a store that closes them, and are read as they came', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-store-'))
  const path = join(directory.path, 'store.db')
  const seal = createPageSeal(key, random)
  const rows = '[{"name":"Unmistakable"}]'
  await using store = await withRunSent(() => openSqliteStore({ path, seal }))

  expect(await store.pages.add({ ...aPage, rows })).toBe('stored')
  expect(await store.pages.add({ ...aPage, rows })).toBe('stored')
  expect(await store.pages.add({ ...aPage, rows: '[{"name":"Other"}]' })).toBe('gap')

  expect(await store.pages.list(aRun.id, 1, { from: 0, limit: 1 })).toMatchObject([{ rows }])
  const other = openSqliteStore({ path, seal: createPageSeal(Buffer.alloc(32, 8), random) })
  await expect(other).rejects.toMatchObject({ code: 'configuration_invalid' })
  for (const suffix of ['', '-wal']) expect(await readFile(`${path}${suffix}`, 'latin1')).not.toContain('Unmistakable')
})
