// An error as it crosses the wire.

import { z } from 'zod'

/** An error on the wire. The code may be one that this version does not know: decide on it as not to be tried again. */
export const wireError = z.object({
  code: z.string().regex(/^[a-z0-9_]{1,64}$/),
  message: z.string().max(2000),
  rule: z.string().max(500).optional(),
})
export type WireError = z.infer<typeof wireError>
