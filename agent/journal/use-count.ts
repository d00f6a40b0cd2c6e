// How often the journal was taken into use and put down. The journal counts it first, identity.json after it: a journal that
// has counted less than is known there is an older copy, and lacks what came later.

import { SallyportError } from '@sallyport/protocol/sallyport-error'
import type { IdentityFile } from '../identity/identity.ts'

export type UseCount = {
  /** 0 before there was a journal. */
  readonly known: number
  /** Durably. Rejects with the error of the system. */
  keep(count: number): Promise<void>
}

/** Without a file it is known for the life of the process. Rejects as `IdentityFile.read` does. */
export async function readUseCount(
  file: Pick<IdentityFile, 'journalUseCount' | 'keepJournalUseCount'> | undefined,
): Promise<UseCount> {
  let known = (await file?.journalUseCount()) ?? 0
  return {
    get known() {
      return known
    },
    keep: async (count) => {
      known = count
      await file?.keepJournalUseCount(count).catch((error: unknown) => {
        // What the disk does to one file of the directory it does to the journal.
        throw error instanceof SallyportError ? (error.cause ?? error) : error
      })
    },
  }
}
