import { open, readdir, readFile, rename, rm, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { journalPaths } from '../../../agent/journal/journal-paths.ts'
import { finishSettingAside, readLostMark, resumeJournal, setAside } from '../../../agent/journal/lost-journal.ts'
import {
  createJournalDirectory,
  type JournalDirectory,
  nextState,
  pageOf,
  progressAt,
  runNamed,
} from './open-test-journal.ts'

describe('a damaged journal is set aside and begun anew', () => {
  const damages: Readonly<Record<string, (directory: JournalDirectory) => Promise<void>>> = {
    'garbage in its place': ({ database }) => writeFile(database, 'garbage'.repeat(2000)),
    'cut off in the middle': ({ database }) => truncate(database, 5000),
    'cut off to nothing': ({ database }) => truncate(database, 0),
    'bits of its tables flipped': ({ database }) => flip(database, 4096 * 3, 600),
    'bits of what is closed flipped': async (directory) => {
      using other = directory.connect()
      other.exec("UPDATE pages SET sealedRows = CAST(sealedRows || x'00' AS BLOB)")
    },
    'what is closed moved to another place': async (directory) => {
      using other = directory.connect()
      other.exec('UPDATE pages SET sealedRows = (SELECT sealedRows FROM pages WHERE seq = 1) WHERE seq = 0')
    },
    'its key check damaged': async (directory) => {
      using other = directory.connect()
      other.exec("UPDATE meta SET value = zeroblob(92) WHERE name = 'key_check'")
    },
    'its log left without it': async ({ database }) => rename(database, `${database}-wal`),
  }
  for (const [damage, inflict] of Object.entries(damages)) {
    test(`with ${damage}`, async () => {
      await using directory = await createJournalDirectory()
      await fill(directory)
      await inflict(directory)

      await using journal = await directory.open()

      expect(await journal.recover()).toEqual([])
      expect(journal.state.name).toBe('lost')
      expect(journal.state.message).toContain('sallyport resume')
      await journal.hold(runNamed('next'))
      const aside = (await readdir(directory.path)).filter((name) => name.startsWith('journal.corrupt-'))
      expect(aside.length).toBeGreaterThan(0)
      expect(directory.lines.map(({ event }) => event)).toEqual(['journal.lost'])
    })
  }

  test('also when it is damaged while it is in use: nothing of that turn counts as kept', async () => {
    await using directory = await createJournalDirectory()
    await fill(directory)
    await using journal = await directory.open()
    await journal.used('one')
    await truncate(directory.database, 4096)

    const asked = [journal.hold(runNamed('two')), journal.page('one', pageOf(2), progressAt(2))]
    const settled = await Promise.allSettled(asked)

    expect(settled).toMatchObject([
      { status: 'rejected', reason: { code: 'journal_unavailable' } },
      { status: 'rejected', reason: { code: 'journal_unavailable' } },
    ])
    expect(journal.state.name).toBe('lost')
    await journal.hold(runNamed('two'))
    expect(await journal.recover()).toMatchObject([{ id: 'two' }])
  })

  test('also when somebody removes it while it is in use', async () => {
    await using directory = await createJournalDirectory()
    await using journal = await directory.open()
    await rm(directory.database)

    await expect(journal.hold(runNamed('one'))).rejects.toMatchObject({ code: 'journal_unavailable' })

    expect(journal.state.name).toBe('lost')
    await resumeJournal(directory.path)
    await journal.hold(runNamed('one'))
    expect(await journal.recover()).toMatchObject([{ id: 'one' }])
    expect(directory.lines.map(({ event }) => event)).toEqual(['journal.lost'])
  })

  test('under the time of the day, and a second one of the same moment under another name', async () => {
    await using directory = await createJournalDirectory()
    const paths = journalPaths(directory.path)
    const now = Date.parse('2026-03-04T05:06:07.123Z')
    for (const text of ['first', 'second']) {
      await writeFile(directory.database, text)
      await setAside(paths, 'a test', now)
    }

    const names = (await readdir(directory.path)).filter((name) => name.endsWith('.db'))

    expect(names.sort()).toEqual([
      'journal.corrupt-2026-03-04T05-06-07.123Z-2.db',
      'journal.corrupt-2026-03-04T05-06-07.123Z.db',
    ])
  })
})

describe('a journal that was lost', () => {
  test('stays so over restarts, until a person resumes it from another process', async () => {
    await using directory = await createJournalDirectory()
    await writeFile(directory.database, 'garbage')
    const first = await directory.open()
    await first.close()
    await using journal = await directory.open()
    expect(journal.state.name).toBe('lost')

    const taken = await resumeJournal(directory.path)

    expect(taken).toMatchObject({
      why: 'file is not a database',
      at: directory.clock.now(),
      isMoved: true,
      isKept: true,
    })
    await directory.clock.asleep(1000)
    const changed = nextState(journal)
    await directory.clock.advance(1000)
    expect((await changed).name).toBe('ok')
  })

  test('is resumed by the agent itself at once, and nothing more is to be resumed then', async () => {
    await using directory = await createJournalDirectory()
    await writeFile(directory.database, 'garbage')
    await using journal = await directory.open()

    await journal.resume()

    expect(journal.state.name).toBe('ok')
    expect(await resumeJournal(directory.path)).toBeUndefined()
  })

  test('is lost for sure where the mark cannot be read', async () => {
    await using directory = await createJournalDirectory()
    await writeFile(join(directory.path, 'journal.lost'), 'half a te')

    await using journal = await directory.open()

    expect(journal.state.name).toBe('lost')
  })
})

describe('setting aside that was cut off', () => {
  test('between the last file and the new journal is not resumed either: it would count as gone', async () => {
    await using directory = await createJournalDirectory()
    await writeFile(directory.database, 'garbage')
    await setAside(journalPaths(directory.path), 'a test', 0)

    await expect(resumeJournal(directory.path)).rejects.toMatchObject({ code: 'journal_unavailable' })

    await using journal = await directory.open({ identityFile: knowing(1) })
    await journal.resume()
    expect(journal.state.name).toBe('ok')
  })

  for (const movedCount of [0, 1, 2, 3]) {
    test(`after ${movedCount} of 3 files goes on where it was, is not resumed before, and is one loss`, async () => {
      await using directory = await createJournalDirectory()
      const aside = await cutOff(directory, movedCount)

      await expect(resumeJournal(directory.path)).rejects.toThrow('The agent does it when it runs')
      const found = await directory.open({ identityFile: knowing(1) })
      const mark = await readLostMark(journalPaths(directory.path))
      await found.close()
      await resumeJournal(directory.path)
      await using resumed = await directory.open({ identityFile: knowing(1) })

      expect([found.state.name, resumed.state.name]).toEqual(['lost', 'ok'])
      expect(mark).toMatchObject({ aside, isMoved: true, isKept: true })
      expect(await readFile(`${aside}-wal`, 'utf8')).toBe('journal.db-wal')
      expect(await readFile(aside, 'utf8')).toBe('journal.db')
    })
  }

  test('after the last file leaves the new journal where it is', async () => {
    await using directory = await createJournalDirectory()
    const paths = journalPaths(directory.path)
    const aside = join(directory.path, 'journal.corrupt-then.db')
    await writeFile(aside, 'the damaged one')
    await writeFile(paths.database, 'the new one')

    await finishSettingAside(paths, { at: 0, aside, why: 'a test', isMoved: false, isKept: false })

    expect(await readFile(aside, 'utf8')).toBe('the damaged one')
    expect(await readFile(paths.database, 'utf8')).toBe('the new one')
    await rm(paths.lost)
  })
})

/** A journal of three files, of which so many have been moved; where they go. */
async function cutOff({ path, database }: JournalDirectory, movedCount: number): Promise<string> {
  const aside = join(path, 'journal.corrupt-then.db')
  for (const suffix of ['', '-wal', '-shm']) await writeFile(`${database}${suffix}`, `journal.db${suffix}`)
  const mark = { at: 0, aside, why: 'a test', isMoved: false, isKept: false }
  await writeFile(journalPaths(path).lost, JSON.stringify(mark))
  const order = ['-wal', '-shm', ''].slice(0, movedCount)
  for (const suffix of order) await rename(`${database}${suffix}`, `${aside}${suffix}`)
  return aside
}

/** An identity that knows of a journal. */
function knowing(useCount: number) {
  return { journalUseCount: async () => useCount, keepJournalUseCount: async () => {} }
}

async function fill(directory: JournalDirectory): Promise<void> {
  await using journal = await directory.open()
  await journal.hold(runNamed('one'))
  await journal.page('one', pageOf(0, 'x'.repeat(20_000)), progressAt(0))
  await journal.page('one', pageOf(1), progressAt(1))
}

async function flip(path: string, position: number, length: number): Promise<void> {
  await using file = await open(path, 'r+')
  const bytes = Buffer.alloc(length)
  await file.read(bytes, 0, length, position)
  await file.write(
    bytes.map((byte) => byte ^ 0xa5),
    0,
    length,
    position,
  )
}

test('a journal that was in use and whose log is gone is lost: what was committed last was in that alone', async () => {
  await using directory = await createJournalDirectory()
  const journal = await directory.open()
  const { id } = journal
  await journal.hold(runNamed('one', { effect: 'write' }))
  // What a killed process leaves, without its log.
  const left = await readFile(directory.database)
  await journal.close()
  await using closed = await directory.open()
  const whole = [closed.state.name, closed.id, (await closed.recover()).length]
  await closed.close()
  await writeFile(directory.database, left)
  await Promise.all(['-wal', '-shm'].map((suffix) => rm(`${directory.database}${suffix}`, { force: true })))

  await using found = await directory.open()

  expect(whole).toEqual(['ok', id, 1])
  expect(found.state).toMatchObject({ name: 'lost', message: expect.stringContaining('its log is gone') })
  expect(found.id).not.toBe(id)
})
