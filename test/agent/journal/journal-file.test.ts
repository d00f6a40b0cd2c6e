import { readdir, readFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { openJournalFile } from '../../../agent/journal/journal-file.ts'
import { createJournalDirectory, fileOptions, runNamed, testKey } from './open-test-journal.ts'

test('a wrong key is a refusal to start that names both files, and harms nothing', async () => {
  await using directory = await createJournalDirectory()
  const first = await directory.open()
  await first.hold(runNamed('one'))
  await first.close()
  const before = await readFile(directory.database)

  const opening = directory.open({ key: { ...testKey(8), path: '/run/credentials/journal-key' } })

  await expect(opening).rejects.toMatchObject({ code: 'configuration_invalid' })
  await expect(opening).rejects.toThrow(`${directory.database}: it was closed with another key than /run/credentials/`)
  expect(await readFile(directory.database)).toEqual(before)
  await using journal = await directory.open()
  expect(await journal.recover()).toMatchObject([{ id: 'one' }])
})

test('is synced at each commit, and holds nothing of a run that is not there', async () => {
  await using directory = await createJournalDirectory()
  const { handle } = openJournalFile(fileOptions(directory.path))
  using open = handle

  expect(open.prepare('PRAGMA journal_mode').get()).toEqual({ journal_mode: 'wal' })
  expect(open.prepare('PRAGMA synchronous').get()).toEqual({ synchronous: 2 })
  expect(() => open.exec("INSERT INTO pages VALUES ('nobody', 0, 1, x'00')")).toThrow('FOREIGN KEY')
})

test('a file that was begun and never finished is begun again', async () => {
  await using directory = await createJournalDirectory()
  {
    using half = new DatabaseSync(`${directory.database}.new`)
    half.exec('CREATE TABLE runs (a)')
  }

  await using journal = await directory.open()
  await journal.hold(runNamed('one'))

  expect(journal.state.name).toBe('ok')
  expect((await readdir(directory.path)).sort()).toEqual(['journal.db', 'journal.db-shm', 'journal.db-wal'])
})
