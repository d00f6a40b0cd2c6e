// A disk that takes longer than the second in which lines are to be on it.

import { expect, test, vi } from 'vitest'
import type { Ledger } from '../../../agent/ledger/ledger.ts'
import { answered, createLedgerDirectory, type LedgerDirectory } from './open-test-ledger.ts'

type Synced = (error: Error | null) => void

/** What was asked of it while it was slow is answered by the test. */
const disk = vi.hoisted(() => {
  const waiting: Synced[] = []
  return { isSlow: false, waiting }
})

vi.mock('node:fs', async (original) => {
  const fs = await original<typeof import('node:fs')>()
  const fdatasync = (descriptor: number, then: Synced) => {
    if (disk.isSlow) disk.waiting.push(then)
    else fs.fdatasync(descriptor, then)
  }
  return { ...fs, fdatasync }
})

/** The next one that the ledger waits for. */
async function slowSync({ waiting } = disk): Promise<Synced> {
  const { promise, resolve } = Promise.withResolvers<Synced>()
  const look = () => {
    const next = waiting.shift()
    if (next === undefined) setImmediate(look)
    else resolve(next)
  }
  look()
  return promise
}

/** One line waits for the disk, and another was written meanwhile; the disk is slow no longer. */
async function writeSlowly({ clock }: Pick<LedgerDirectory, 'clock'>, ledger: Pick<Ledger, 'add' | 'durable'>) {
  disk.isSlow = true
  ledger.add(answered('run-1'))
  const durable = ledger.durable()
  const synced = await slowSync()
  ledger.add(answered('run-2'))
  await clock.asleep(1000)
  await clock.advance(1000)
  disk.isSlow = false
  return { durable, synced }
}

test('a disk that is slow to say that it fails is tried again, and what waited for it goes on', async () => {
  await using directory = await createLedgerDirectory()
  await using ledger = await directory.open()
  const { durable, synced } = await writeSlowly(directory, ledger)
  synced(Object.assign(new Error('no space'), { code: 'ENOSPC' }))
  await directory.clock.advance(0)

  await directory.clock.advance(2000)
  await durable

  expect(ledger.state.name).toBe('ok')
})

test('what was written while the disk was slow is on it a second later', async () => {
  await using directory = await createLedgerDirectory()
  await using ledger = await directory.open()
  const { durable, synced } = await writeSlowly(directory, ledger)
  synced(null)
  await durable
  expect(ledger.head).toMatchObject({ seq: 1 })

  await directory.clock.advance(2000)
  await vi.waitFor(() => expect(ledger.head).toMatchObject({ seq: 2 }))
})
