import { cp, mkdir, readFile, rm, rmdir } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { openIdentityFile } from '../../../agent/identity/identity.ts'
import { makeReplicaKey } from '../../../agent/identity/replica-key.ts'
import { makeSigningKey, statementOf } from '../../support/plane-peer-keys.ts'
import { createJournalDirectory, type JournalDirectory, runNamed } from './open-test-journal.ts'

/** A state directory: a journal beside an identity that knows of it. */
async function createStateDirectory() {
  const directory = await createJournalDirectory()
  const identityFile = openIdentityFile(directory.path)
  await identityFile.write({
    ...{ version: 1, agent: 'acme', replica: 'replica-1', key: makeReplicaKey(), counter: 0 },
    plane: { id: 'plane-1', keys: statementOf('plane-1', 1, makeSigningKey()) },
  })
  return { ...directory, identityFile, open: () => directory.open({ identityFile }) }
}

const suffixes = ['', '-wal', '-shm']

/** What a back-up of the journal alone has, and what putting it back does. */
async function backUp({ database }: JournalDirectory): Promise<{ putBack(): Promise<void> }> {
  const copyOf = (suffix: string) => `${database}.copy${suffix}`
  const copy = (from: (suffix: string) => string, to: (suffix: string) => string) =>
    Promise.all(suffixes.map((suffix) => cp(from(suffix), to(suffix)).catch(() => {})))
  await copy((suffix) => `${database}${suffix}`, copyOf)
  return {
    putBack: async () => {
      await Promise.all(suffixes.map((suffix) => rm(`${database}${suffix}`, { force: true })))
      await copy(copyOf, (suffix) => `${database}${suffix}`)
    },
  }
}

test.each(['ok', 'killed'])(
  'a journal is believed after each end of its process, and after a kill (%s)',
  async (end) => {
    await using directory = await createStateDirectory()
    const first = await directory.open()
    await first.hold(runNamed('one'))
    const left = await backUp(directory)
    await first.close()
    if (end === 'killed') await left.putBack()
    // The identity of that moment, too.
    if (end === 'killed') await directory.identityFile.keepJournalUseCount(1)

    await using second = await directory.open()

    expect(second.state.name).toBe('ok')
    expect(await second.recover()).toMatchObject([{ id: 'one' }])
  },
)

test('an older copy that was made after an orderly end is lost, and set aside', async () => {
  await using directory = await createStateDirectory()
  await (await directory.open()).close()
  const copy = await backUp(directory)
  {
    await using journal = await directory.open()
    await journal.hold(runNamed('one', { effect: 'write' }))
  }
  await copy.putBack()

  await using found = await directory.open()

  expect(found.state).toMatchObject({
    name: 'lost',
    message: expect.stringContaining('(an older copy lies in its place), and begun anew; the damaged file is kept as'),
  })
  await found.resume()
  expect(found.state.name).toBe('ok')
})

test('an older copy that was made while it was in use, with its log, is lost after an orderly end', async () => {
  await using directory = await createStateDirectory()
  const journal = await directory.open()
  const copy = await backUp(directory)
  await journal.hold(runNamed('one', { effect: 'write' }))
  await journal.close()
  await copy.putBack()

  await using found = await directory.open()

  expect(found.state.name).toBe('lost')
})

test('an older copy is lost also where the process after it was killed', async () => {
  await using directory = await createStateDirectory()
  await (await directory.open()).close()
  const copy = await backUp(directory)
  await using killed = await directory.open()
  await killed.hold(runNamed('one', { effect: 'write' }))
  await copy.putBack()

  await using found = await directory.open()

  expect(found.state.name).toBe('lost')
})

test('what was begun anew after a loss is no older copy, and nor is one that is gone a beginning', async () => {
  await using directory = await createStateDirectory()
  await (await directory.open()).close()
  await rm(directory.database)
  const gone = await directory.open()
  const { message } = gone.state
  await gone.resume()
  await gone.hold(runNamed('one'))
  await gone.close()

  await using again = await directory.open()

  expect(message).toContain('(it is gone), and begun anew. What')
  expect(again.state.name).toBe('ok')
  expect(await again.recover()).toHaveLength(1)
})

test('a journal that has counted more than was kept, as a crash in between leaves it, is believed', async () => {
  await using directory = await createStateDirectory()
  await (await directory.open()).close()
  const before = await directory.identityFile.read()
  await (await directory.open()).close()
  await directory.identityFile.write(before)

  await using journal = await directory.open()

  expect(journal.state.name).toBe('ok')
})

test('a journal whose use cannot be kept is not used, and is once it can be', async () => {
  await using directory = await createStateDirectory()
  const neighbour = `${directory.identityFile.path}.new`
  await mkdir(neighbour)
  await using journal = await directory.open()
  const before = journal.state.name
  await expect(journal.hold(runNamed('one'))).rejects.toMatchObject({ code: 'journal_unavailable' })

  await rmdir(neighbour)
  await directory.clock.advance(1000)
  await journal.hold(runNamed('one'))

  expect([before, journal.state.name]).toEqual(['failing', 'ok'])
})

test('a session is counted without the journal, and the journal without a session', async () => {
  await using directory = await createStateDirectory()
  await directory.identityFile.nextCounter()
  await (await directory.open()).close()
  await directory.identityFile.nextCounter()

  const kept: unknown = JSON.parse(await readFile(directory.identityFile.path, 'utf8'))

  expect(kept).toMatchObject({ counter: 2, journalUseCount: 2 })
})
