import { cp, readdir, readFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { closeJournalFile, openJournalFile } from '../../../agent/journal/journal-file.ts'
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

/** What a process that was killed leaves. */
async function leaveAfterKill({ database }: { readonly database: string }, work: () => Promise<void>): Promise<void> {
  await work()
  for (const suffix of ['', '-wal']) await cp(`${database}${suffix}`, `${database}.kept${suffix}`)
}
async function putBackAfterKill({ database }: { readonly database: string }): Promise<void> {
  for (const suffix of ['', '-wal']) await cp(`${database}.kept${suffix}`, `${database}${suffix}`)
}

test('a wrong key after a crash harms nothing either', async () => {
  await using directory = await createJournalDirectory()
  const killed = await directory.open()
  await leaveAfterKill(directory, () => killed.hold(runNamed('one')))
  await killed.close()
  await putBackAfterKill(directory)

  await expect(directory.open({ key: testKey(8) })).rejects.toMatchObject({ code: 'configuration_invalid' })

  await using journal = await directory.open()
  expect(journal.state.name).toBe('ok')
  expect(await journal.recover()).toMatchObject([{ id: 'one' }])
})

test('a file that cannot be put down is as after a crash, and nothing of it is lost', async () => {
  await using directory = await createJournalDirectory()
  {
    await using journal = await directory.open()
    await journal.hold(runNamed('one'))
  }
  const file = openJournalFile(fileOptions(directory.path))
  file.handle.exec('PRAGMA query_only = ON')

  expect(() => closeJournalFile(file)).toThrow('readonly')

  await using journal = await directory.open()
  expect(journal.state.name).toBe('ok')
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
