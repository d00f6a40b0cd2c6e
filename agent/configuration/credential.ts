// How a configuration names a credential: what it is, and where its secret comes from.

import { z } from 'zod'
import { secretSourceKeys, sourceNamed } from './secret-source.ts'

/** Read where a connection names no credential. */
export const trialVariable = 'SALLYPORT_TOKEN'

const keys = z.strictObject({
  kind: z
    .enum(['api_key', 'service_account'])
    .default('api_key')
    .describe('an API key, sent as `x-api-key`, or the client secret of a service account'),
  clientId: z
    .string()
    // A colon would end it early where it is sent (RFC 7617).
    .regex(/^[\x21-\x39\x3B-\x7E]{1,200}$/, 'this must be the client id as JumpCloud shows it')
    .optional()
    .describe('of a service account: its client id, which is no secret'),
  expiresAt: z
    .union([z.iso.date(), z.iso.datetime({ offset: true })], 'this must be a date, or a date and a time with its zone')
    .transform((text) => Date.parse(text))
    .optional()
    .describe('when the credential ends, as JumpCloud said when it was made; warnings begin 30 days before'),
  ...secretSourceKeys,
})

function named({ kind, clientId, expiresAt, ...source }: z.output<typeof keys>, context: z.RefinementCtx) {
  const rest = { source: sourceNamed(source, context), ...(expiresAt === undefined ? {} : { expiresAt }) }
  if (kind === 'api_key' && clientId === undefined) return { kind, ...rest }
  if (kind === 'service_account' && clientId !== undefined) return { kind, clientId, ...rest }
  const message = 'this belongs to kind service_account, and is needed there'
  context.addIssue({ code: 'custom', path: ['clientId'], message })
  return z.NEVER
}

export const credential = keys.prefault({ env: trialVariable }).transform(named)

/** One that is there only where it is named. */
export const writer = keys.transform(named)

export type Credential = z.output<typeof credential>
