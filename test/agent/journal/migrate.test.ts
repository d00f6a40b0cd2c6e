import { readFile } from 'node:fs/promises'
import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { type Migration, migrate, versionOf } from '../../../agent/journal/migrate.ts'
import { migrations } from '../../../agent/journal/schema.ts'
import { createJournalDirectory, runNamed } from './open-test-journal.ts'

/** What a next release might do: a new table, and a column that is filled from what is there. */
const second: Migration = {
  up: `CREATE TABLE grants (id TEXT PRIMARY KEY) STRICT;
    ALTER TABLE runs ADD COLUMN job TEXT;
    UPDATE runs SET job = 'job of ' || id;`,
  down: 'ALTER TABLE runs DROP COLUMN job; DROP TABLE grants;',
}
const third: Migration = { up: 'CREATE TABLE feeds (name TEXT) STRICT', down: 'DROP TABLE feeds' }

test('a file of the release before is brought up, with what is in it', async () => {
  await using directory = await createJournalDirectory()
  const old = await directory.open()
  await old.hold(runNamed('one'))
  await old.close()

  await using journal = await directory.open({ migrations: [...migrations, second] })

  using other = directory.connect()
  expect(other.prepare('SELECT job FROM runs').get()).toEqual({ job: 'job of one' })
  expect(await journal.recover()).toMatchObject([{ id: 'one' }])
})

test('a file of the next release is brought down by the way back that lies in it', async () => {
  await using directory = await createJournalDirectory()
  const newer = await directory.open({ migrations: [...migrations, second] })
  await newer.hold(runNamed('one'))
  await newer.close()

  await using journal = await directory.open()

  using other = directory.connect()
  expect(versionOf(other)).toBe(migrations.length)
  expect(other.prepare("SELECT name FROM sqlite_schema WHERE name = 'grants'").all()).toEqual([])
  expect(await journal.recover()).toMatchObject([{ id: 'one' }])
})

test('there and back and there again leaves the tables of a file that is new', async () => {
  using fresh = new DatabaseSync(':memory:')
  using travelled = new DatabaseSync(':memory:')
  const tables = (handle: DatabaseSync) => handle.prepare('SELECT name, sql FROM sqlite_schema ORDER BY name').all()

  migrate(fresh, [...migrations, second], 'fresh')
  for (const list of [migrations, [...migrations, second], migrations, [...migrations, second]]) {
    migrate(travelled, list, 'travelled')
  }

  expect(tables(travelled)).toEqual(tables(fresh))
})

test('every version can be undone to nothing', () => {
  using handle = new DatabaseSync(':memory:')
  migrate(handle, migrations, 'file')

  for (const count of migrations.keys().toArray().reverse()) migrate(handle, migrations.slice(0, count), 'file')

  expect(handle.prepare("SELECT name FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%'").all()).toEqual([
    { name: 'migrations' },
  ])
})

test('a file that is two releases ahead is refused and left as it is', async () => {
  await using directory = await createJournalDirectory()
  const newer = await directory.open({ migrations: [...migrations, second, third] })
  await newer.close()
  const before = await readFile(directory.database)

  const opening = directory.open()

  await expect(opening).rejects.toMatchObject({ code: 'configuration_invalid' })
  await expect(opening).rejects.toThrow(`it is of version ${migrations.length + 2}, and this release reads up to`)
  expect(await readFile(directory.database)).toEqual(before)
})

test('a step that fails leaves the version and the tables as they were', async () => {
  await using directory = await createJournalDirectory()
  const old = await directory.open()
  await old.hold(runNamed('one'))
  await old.close()
  const broken = { up: 'CREATE TABLE half (a) STRICT; CREATE TABLE runs (a TEXT)', down: '' }

  await expect(directory.open({ migrations: [...migrations, second, broken] })).rejects.toThrow()

  await using journal = await directory.open()
  using other = directory.connect()
  expect(versionOf(other)).toBe(migrations.length)
  expect(await journal.recover()).toMatchObject([{ id: 'one' }])
})
