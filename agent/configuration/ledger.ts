// What the configuration says of the ledger: how long it is kept.

import { z } from 'zod'

const daysMs = 24 * 60 * 60 * 1000

/** Whole files are removed, so what is kept is a day, or a file, more than was asked for. */
const files = { fileBytes: 64 * 1024 * 1024, fileMs: 1 * daysMs }

export const ledger = z
  .strictObject({
    keepDays: z
      .int()
      .min(1, 'this must be at least 1')
      .max(36_500, 'this must be at most 36500')
      .default(400)
      .describe('how many days of the ledger are kept'),
    keepBytes: z
      .int()
      .min(2 * files.fileBytes, `this must be at least ${2 * files.fileBytes}`)
      .default(8 * 1024 ** 3)
      .describe('how large it may become, in bytes; then the oldest of it goes, whatever keepDays says'),
  })
  .transform(({ keepDays, keepBytes }) => ({ ...files, keepMs: keepDays * daysMs, keepBytes }))
