// How a configuration names the source of a credential. Reading the source is the vault's work.

import { isAbsolute } from 'node:path'
import { z } from 'zod'

/** Read where a connection names no credential. */
export const trialVariable = 'SALLYPORT_TOKEN'

export const credential = z
  .strictObject({
    kind: z.literal('api_key').default('api_key').describe('an API key, sent as `x-api-key`'),
    file: z
      .string()
      .refine(isAbsolute, 'this must be an absolute path')
      .optional()
      .describe('a file that holds the secret, alone, readable by the service and by nobody else (mode 0600)'),
    env: z
      .string()
      // Capitals alone: a key that is pasted here in place of a name would be shown wherever the name is.
      .regex(/^[A-Z_][A-Z0-9_]{0,63}$/, 'this must be the name of an environment variable in capitals')
      .optional()
      .describe('an environment variable that holds the secret; for trying things out'),
  })
  .prefault({ env: trialVariable })
  .transform(({ kind, file, env }, context) => {
    if (file !== undefined && env === undefined) return { kind, source: { file } }
    if (env !== undefined && file === undefined) return { kind, source: { env } }
    context.addIssue({ code: 'custom', message: 'name either file or env, one of the two' })
    return z.NEVER
  })

export type Credential = z.output<typeof credential>
