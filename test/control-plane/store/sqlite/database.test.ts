import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openDatabase } from '../../../../control-plane/store/sqlite/database.ts'

const full = 2

test('what is committed is on the disk: each connection syncs its log at every commit, after writes too', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-store-'))
  const path = join(directory.path, 'store.db')

  for (const opening of ['new', 'again']) {
    const database = await openDatabase({ path })
    const agents = database.prepare(`INSERT INTO agents (name, createdAt) VALUES ('${opening}', 1)`)
    await database.write(() => agents.run())
    const set = (pragma: string) => database.read(() => database.prepare<object>(`PRAGMA ${pragma}`).get())

    expect(await set('synchronous')).toEqual({ synchronous: full })
    expect(await set('journal_mode')).toEqual({ journal_mode: 'wal' })
    expect(await set('foreign_keys')).toEqual({ foreign_keys: 1 })
    await database.close()
  }
})
