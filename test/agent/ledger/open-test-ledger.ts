// A ledger in a directory of its own, with a clock that the test moves, and what others do to its files.

import { mkdtempDisposable, readdir, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeReplicaKey, type ReplicaKey } from '../../../agent/identity/replica-key.ts'
import type { Head } from '../../../agent/ledger/chain.ts'
import type { Entry } from '../../../agent/ledger/entry.ts'
import { type Ledger, type LedgerOptions, openLedger } from '../../../agent/ledger/ledger.ts'
import { type Verdict, verifyLedger } from '../../../agent/ledger/verify.ts'
import type { Log } from '../../../agent/log.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'

export type LedgerDirectory = AsyncDisposable & {
  /** The state directory. */
  readonly path: string
  /** Of the ledger's files. */
  readonly folder: string
  readonly key: ReplicaKey
  readonly clock: FakeClock
  readonly lines: { readonly event: string; readonly fields: unknown }[]
  open(options?: Partial<LedgerOptions>): Promise<Ledger>
  /** Writes a ledger of so many runs, and closes it. */
  fill(runCount: number, options?: Partial<LedgerOptions>): Promise<void>
  verify(...heads: readonly Head[]): Verdict
  names(): Promise<readonly string[]>
  /** Of all files, each as its text and what it says. */
  read(): Promise<readonly LedgerText[]>
}

export type LedgerText = {
  readonly text: string
  readonly entry: Readonly<Record<string, unknown>> & { readonly seq: number; readonly kind: string }
}

export const days = 24 * 60 * 60 * 1000
const settings = { fileBytes: 64 * 1024 * 1024, fileMs: 30 * days, keepMs: 400 * days, keepBytes: 8 * 1024 ** 3 }

export async function createLedgerDirectory(): Promise<LedgerDirectory> {
  const directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-ledger-'))
  const folder = join(directory.path, 'ledger')
  const clock = createFakeClock()
  const key = makeReplicaKey()
  const lines: LedgerDirectory['lines'] = []
  const write = (event: string, fields?: unknown) => void lines.push({ event, fields })
  const log: Log = { debug: write, info: write, warn: write, error: write }
  const open: LedgerDirectory['open'] = (options) =>
    openLedger({
      stateDirectory: directory.path,
      identity: { agent: 'acme', replica: 'replica-1', key },
      guard: { contains: () => undefined },
      ...{ settings, clock, log },
      ...options,
    })
  return {
    ...{ path: directory.path, folder, key, clock, lines, open },
    fill: async (runCount, options) => {
      await using ledger = await open(options)
      for (let run = 0; run < runCount; run += 1) ledger.add(answered(`run-${run}`))
    },
    verify: (...heads) => verifyLedger({ directory: folder, publicKey: key.x, heads }),
    names: async () => (await readdir(folder)).sort(),
    read: () => readTexts(folder),
    [Symbol.asyncDispose]: directory.remove,
  }
}

async function readTexts(folder: string): Promise<readonly LedgerText[]> {
  const texts: LedgerText[] = []
  for (const name of (await readdir(folder)).sort()) {
    const text = await readFile(join(folder, name), 'utf8')
    for (const line of text.split('\n').slice(0, -1)) texts.push({ text: line, entry: JSON.parse(line) })
  }
  return texts
}

/** What a read says at its end. */
export function answered(run: string): Entry {
  const sums = { pages: 1, rows: 1, bytes: 20, sha256: 'a'.repeat(64) }
  return { kind: 'run.answered', run, attempt: 1, answer: 'done', outcome: null, ...sums }
}
