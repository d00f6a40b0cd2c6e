// What the figures were taken on, without its name.

import { arch, cpus, release, totalmem, type } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Machine } from './results.ts'
import { median } from './statistics.ts'

/** `folder` is on the disk that journals and stores commit to. */
export function readMachine(folder: string): Machine {
  const processors = cpus()
  return {
    processor: processors[0]?.model ?? 'unknown',
    coreCount: processors.length,
    memoryGiB: Math.round(totalmem() / 1024 ** 3),
    system: `${type()} ${release()} ${arch()}`,
    node: process.versions.node,
    commitMs: commitMs(join(folder, 'commits.db')),
  }
}

function commitMs(file: string): number {
  using database = new DatabaseSync(file)
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; CREATE TABLE row (text TEXT)')
  const insert = database.prepare('INSERT INTO row VALUES (?)')
  const tookMs = Array.from({ length: 200 }, () => {
    const startedAt = performance.now()
    insert.run('x'.repeat(500))
    return performance.now() - startedAt
  })
  return median(tookMs)
}
