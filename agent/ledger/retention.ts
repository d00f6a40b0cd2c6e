// Which files of the ledger are kept no longer. Whole files only, the oldest first, and never the one that is written.

import { statSync } from 'node:fs'
import { beginning, type Head } from './chain.ts'
import { type LedgerPath, listLedger } from './ledger-paths.ts'
import { firstLink } from './ledger-tail.ts'

export type Retention = {
  /** A file whose last line is older goes. */
  readonly keepMs: number
  /** The oldest go while all together are larger. */
  readonly keepBytes: number
}

/** A file that may go, and the last line in it: the chain goes on from there. */
export type Expired = {
  readonly file: LedgerPath
  readonly through: Head
  /** Only for its size: it is not as old as it was to become. */
  readonly isEarly: boolean
}

/** Throws the error of the system. */
export function findExpired(directory: string, { keepMs, keepBytes }: Retention, now: number): readonly Expired[] {
  const files = listLedger(directory)
  const expired: Expired[] = []
  let byteCount = files.reduce((sum, { path }) => sum + statSync(path).size, 0)
  for (const [index, file] of files.slice(0, -1).entries()) {
    const next = firstLink(files[index + 1]?.path ?? '')
    // What follows is not what it was: nothing is removed that somebody may have to look at.
    if (next === undefined || next.seq <= beginning.seq + 1) break
    const isOld = now - Date.parse(next.at) > keepMs
    if (!isOld && byteCount <= keepBytes) break
    expired.push({ file, through: { seq: next.seq - 1, hash: next.before }, isEarly: !isOld })
    byteCount -= statSync(file.path).size
  }
  return expired
}
