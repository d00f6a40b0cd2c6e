// A journal in a directory of its own, with a clock that stands still, and what tests do to its file from outside.

import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { type Journal, type JournalOptions, openJournal } from '../../../agent/journal/journal.ts'
import type { JournalFileOptions } from '../../../agent/journal/journal-file.ts'
import type { JournalKey } from '../../../agent/journal/journal-key.ts'
import { journalPaths } from '../../../agent/journal/journal-paths.ts'
import type { JournalState } from '../../../agent/journal/journal-state.ts'
import type { HeldRecord, PageRecord } from '../../../agent/journal/records.ts'
import { migrations } from '../../../agent/journal/schema.ts'
import { createSeal } from '../../../agent/journal/seal.ts'
import { usedLimits } from '../../../agent/journal/used-ids.ts'
import type { Log } from '../../../agent/log.ts'
import { systemRandom } from '../../../agent/ports/random.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'

export type JournalDirectory = AsyncDisposable & {
  readonly path: string
  readonly database: string
  readonly clock: FakeClock
  /** Event and fields of each line. */
  readonly log: Log
  readonly lines: { readonly event: string; readonly fields: unknown }[]
  open(options?: Partial<JournalOptions>): Promise<Journal>
  /** Another connection to the file, as another process would have one. */
  connect(): DatabaseSync
}

export async function createJournalDirectory(): Promise<JournalDirectory> {
  const directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-journal-'))
  const database = join(directory.path, 'journal.db')
  const clock = createFakeClock()
  const lines: JournalDirectory['lines'] = []
  const write = (event: string, fields?: unknown) => void lines.push({ event, fields })
  const log: Log = { debug: write, info: write, warn: write, error: write }
  return {
    path: directory.path,
    database,
    clock,
    log,
    lines,
    open: (options) =>
      openJournal({ stateDirectory: directory.path, key: testKey(7), clock, random: systemRandom, log, ...options }),
    connect: () => new DatabaseSync(database),
    [Symbol.asyncDispose]: directory.remove,
  }
}

/** Of the file alone, without the journal around it. */
export function fileOptions(stateDirectory: string): JournalFileOptions {
  const key = testKey(7)
  return {
    ...{ DatabaseSync, key, migrations, usedLimits, random: systemRandom, knownUseCount: 0 },
    paths: journalPaths(stateDirectory),
    seal: createSeal(key.bytes, systemRandom),
  }
}

export function testKey(byte: number): JournalKey {
  return { bytes: Buffer.alloc(32, byte), source: 'file', path: 'journal.key' }
}

export function runNamed(id: string, changes: Partial<HeldRecord> = {}): HeldRecord {
  return {
    id,
    digest: `digest of ${id}`,
    effect: 'read',
    attempt: 1,
    order: { text: `{"id":"${id}","secretive":"params"}`, ttlMs: 60_000, version: '1', doubtful: false },
    receivedAt: 1_000,
    ...changes,
  }
}

export function pageOf(seq: number, text = 'row'): PageRecord {
  return { seq, rows: JSON.stringify([`${text} ${seq}`]), count: 1 }
}

/** Where to go on after the page. */
export function progressAt(seq: number) {
  return { step: { skip: seq }, digest: `sha after ${seq}` }
}

/** Resolves with the next state that is told. */
export function nextState(states: Pick<Journal, 'onChange'>): Promise<JournalState> {
  const { promise, resolve } = Promise.withResolvers<JournalState>()
  const end = states.onChange((state) => {
    end()
    resolve(state)
  })
  return promise
}
