import { chmod, readFile, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { makeReplicaKey } from '../../../agent/identity/replica-key.ts'
import { openLedger } from '../../../agent/ledger/ledger.ts'
import { createLog } from '../../../agent/log.ts'
import { systemClock } from '../../../agent/ports/clock.ts'
import { createLeakGuard } from '../../../agent/vault/leak-guard.ts'
import { type Break, causeOf, type DoctorWorld, findingOf, openDoctorWorld } from '../../support/doctor-world.ts'

type Case = readonly [what: string, first: string, says: RegExp, breaking: Break]

const cases: readonly Case[] = [
  [
    'the key of the journal is open to others',
    'journal.key',
    /0644 gives it to others/,
    async ({ at }) => {
      await writeFile(at('state/journal.key'), Buffer.alloc(32, 7))
      await chmod(at('state/journal.key'), 0o644)
    },
  ],
  [
    'the key of the journal is gone, and the journal is not',
    'journal.key',
    /it is missing/,
    async ({ at }) => {
      await writeFile(at('state/journal.db'), 'SQLite format 3\0', { mode: 0o600 })
    },
  ],
  [
    'the journal was lost, and nobody has looked',
    'journal',
    /it was lost at 2026-03-04T.*\(quick_check\)/,
    async ({ at }) => {
      const mark = { at: Date.parse('2026-03-04T00:00:00Z'), aside: 'x', why: 'quick_check', isMoved: true }
      await writeFile(at('state/journal.lost'), JSON.stringify(mark), { mode: 0o600 })
    },
  ],
  [
    'the journal is another file',
    'journal',
    /is no journal/,
    async ({ at }) => {
      await writeFile(at('state/journal.key'), Buffer.alloc(32, 7), { mode: 0o600 })
      await writeFile(at('state/journal.db'), 'a letter to somebody', { mode: 0o600 })
    },
  ],
  [
    'the journal was removed after it was used',
    'journal',
    /is gone; the agent will begin another/,
    async ({ identityFile }) => {
      await identityFile.keepJournalUseCount(3)
    },
  ],
  [
    'a line of the ledger was changed',
    'ledger',
    /000001\.jsonl:\d/,
    async (world) => {
      await writeLedger(world)
      const path = world.at('state/ledger/000001.jsonl')
      await writeFile(path, (await readFile(path, 'utf8')).replace('panic.began', 'panic.never'), { mode: 0o600 })
    },
  ],
]

describe('names the cause in what the agent keeps', () => {
  test.each(cases)('where %s: %s', async (_, id, says, breaking) => {
    const { report, first } = await causeOf(breaking)

    expect(report.result).toBe('fail')
    expect([first.name, first.says]).toEqual([id, expect.stringMatching(says)])
    expect(first.mend).not.toMatch(/STATE|CONFIG|NAME/)
  })
})

test('a ledger that is whole is told with its head', async () => {
  await using world = await openDoctorWorld()
  await writeLedger(world)

  const report = await world.diagnose({ isOffline: true })

  expect(findingOf(report, 'ledger')).toMatchObject({
    state: 'ok',
    says: expect.stringMatching(/^whole: \d lines, head \d:/),
  })
})

test('a ledger that another key began is worth a look, and no fault', async () => {
  await using world = await openDoctorWorld()
  await writeLedger(world)
  await world.identityFile.write({ ...(await world.identityFile.read()), key: makeReplicaKey() })

  const report = await world.diagnose({ isOffline: true })

  expect(findingOf(report, 'ledger')).toMatchObject({ state: 'warn', says: expect.stringContaining('no head in it') })
})

test('a key that the unit is given as a credential is not missed, and the key in a file is told for what it protects', async () => {
  await using world = await openDoctorWorld()
  await writeFile(world.at('state/journal.db'), 'SQLite format 3\0', { mode: 0o600 })
  const ask = async () => '[Service]\nLoadCredentialEncrypted=journal-key:/etc/credstore.encrypted/journal-key\n'

  const given = await world.diagnose({ isOffline: true, surroundings: { ask } })
  await writeFile(world.at('state/journal.key'), Buffer.alloc(32, 7), { mode: 0o600 })
  const lying = await world.diagnose({ isOffline: true })

  expect(findingOf(given, 'journal.key')).toMatchObject({ state: 'ok', says: expect.stringContaining('journal-key') })
  expect(findingOf(lying, 'journal.key')).toMatchObject({
    state: 'ok',
    says: expect.stringContaining('protects copies'),
  })
})

async function writeLedger({ at, identityFile }: DoctorWorld): Promise<void> {
  const guard = createLeakGuard()
  const log = createLog({ level: 'error', write: () => {}, guard, clock: systemClock })
  const identity = await identityFile.read()
  const settings = { fileBytes: 1e6, fileMs: 1e9, keepMs: 1e12, keepBytes: 1e9 }
  await using ledger = await openLedger({
    ...{ stateDirectory: at('state'), guard, clock: systemClock, log, settings, identity },
  })
  ledger.add({ kind: 'panic.began' })
  ledger.add({ kind: 'panic.lifted' })
  await ledger.close()
}
