// The newest entries of the ledger, for somebody else's eyes: which members are shown is named here. Not among them are the
// requester, what was changed, and paths, which have the ids of objects in them.

import { z } from 'zod'
import { tailEntries } from '../ledger/read-entries.ts'

const text = z.string().optional()
const count = z.number().optional()

/** What is not named falls away. */
const shownEntry = z.object({
  ...{ seq: z.number(), at: z.string(), kind: z.string() },
  ...{ run: text, attempt: count, job: text, connection: text, effect: text },
  ...{ code: text.nullable(), status: count.nullable(), operation: text },
  ...{ answer: text, pages: count, rows: count, bytes: count },
  ...{ session: text, reason: text.nullable(), state: text, version: z.union([z.string(), z.number()]).optional() },
})
export type ShownEntry = z.infer<typeof shownEntry>

/** Oldest first. Throws the error of the system where the ledger cannot be read. */
export function shownLedger(directory: string, entryCount: number): readonly ShownEntry[] {
  return tailEntries(directory, entryCount).flatMap(({ link }) => shownEntry.safeParse(link).data ?? [])
}
