// How a configuration names a credential: what it is, where its secret comes from, and until when it is good.

import { z } from 'zod'
import { secretSourceKeys, sourceNamed } from './secret-source.ts'

/** Read where a connection names no credential. */
export const trialVariable = 'SALLYPORT_TOKEN'

export const credential = z
  .strictObject({
    kind: z.literal('api_key').default('api_key').describe('an API key, sent as `x-api-key`'),
    ...secretSourceKeys,
  })
  .prefault({ env: trialVariable })
  .transform(({ kind, ...named }, context) => ({ kind, source: sourceNamed(named, context) }))

export type Credential = z.output<typeof credential>
