// The configuration file: its schema, and its reading. What the customer allows is the policy, another file.

import { jumpcloudId, plainName } from '@sallyport/protocol/ids'
import { logLevels } from '@sallyport/protocol/log-form'
import { z } from 'zod'
import type { Files } from '../ports/files.ts'
import { parseSettings } from '../settings/parse-settings.ts'
import { readSettingsText } from '../settings/read-settings-text.ts'
import { credential, trialVariable, writer } from './credential.ts'
import { ledger } from './ledger.ts'
import { legSettings } from './leg-settings.ts'
import { loopbackPort } from './loopback-port.ts'
import { serviceUrl } from './service-url.ts'

const baseUrls = z.strictObject({
  console: serviceUrl.describe('stands for https://console.jumpcloud.com: directory, versions 1 and 2'),
  api: serviceUrl.describe('stands for https://api.jumpcloud.com: Directory Insights'),
  oauth: serviceUrl.optional().describe('stands for https://admin-oauth.id.jumpcloud.com: tokens of service accounts'),
})

const connection = z
  .strictObject({
    region: z
      .enum(['us', 'eu', 'in'])
      .optional()
      .describe('where the organisation lives; its key is sent to no other region (JumpCloud reference 1 [S])'),
    baseUrls: baseUrls.optional().describe('instead of `region`: the hosts themselves'),
    organisationId: jumpcloudId
      .optional()
      .describe('which organisation, where the credential sees several (JumpCloud reference 2.4 [S])'),
    credential: credential.describe(`where the JumpCloud credential comes from; without it ${trialVariable} is read`),
    writer: writer
      .optional()
      .describe('a credential of its own for runs that write, so that the other one needs no right to'),
    concurrency: z
      .int()
      .min(1, 'this must be at least 1')
      .max(100, 'this must be at most 100')
      .default(10)
      .describe('how many requests to JumpCloud may be under way at once; the agent starts lower and feels its way up'),
    requestsPerHour: z
      .int()
      .min(1, 'this must be at least 1')
      .optional()
      .describe('the most requests to JumpCloud within an hour, of each replica; without it, as many as its runs need'),
    ...legSettings,
  })
  .transform(({ region, baseUrls, ...rest }, context) => {
    const hosts = region ?? baseUrls
    const asksForTokens = [rest.credential, rest.writer].some((one) => one?.kind === 'service_account')
    if (asksForTokens && baseUrls !== undefined && baseUrls.oauth === undefined) {
      const message = 'a service account needs the address of its token endpoint here'
      context.addIssue({ code: 'custom', path: ['baseUrls', 'oauth'], message })
    }
    if (hosts !== undefined && (region === undefined || baseUrls === undefined)) return { ...rest, hosts }
    context.addIssue({ code: 'custom', message: 'name either region (us, eu or in) or baseUrls, one of the two' })
    return z.NEVER
  })

/** One JumpCloud organisation; `hosts` is a region, or the base URLs that stand for one, without a slash at their end. */
export type Connection = z.output<typeof connection>

const connections = z
  .record(plainName, connection)
  .refine((named) => Object.keys(named).length > 0, { error: 'name at least one connection here', abort: true })
  .superRefine(refuseSharedCredentials)

export const configurationSchema = z.strictObject({
  plane: z.strictObject({ url: serviceUrl.describe('the control plane'), ...legSettings }).describe('the other end'),
  connections: connections.describe('the JumpCloud organisations, each under a name that runs and the policy use'),
  log: z
    .strictObject({ level: z.enum(logLevels).default('info').describe('the least that is written') })
    .prefault({})
    .describe('the log on standard output'),
  ledger: ledger.prefault({}).describe('the record of what the agent did, in the state directory'),
  listen: z
    .strictObject({
      health: loopbackPort.optional().describe('where /livez and /readyz are answered'),
      metrics: loopbackPort.optional().describe('where /metrics is answered, in the text format of Prometheus'),
    })
    .prefault({})
    .describe('ports on this host alone; without them the Unix socket is the only way to ask'),
  drainMs: z
    .int()
    .min(0, 'this must be at least 0')
    .max(10 * 60 * 1000, 'this must be at most 600000, ten minutes')
    .default(30 * 1000)
    .describe('how long the first SIGTERM waits for answers to be stored at the control plane, in milliseconds'),
})

export type Configuration = z.output<typeof configurationSchema>

const about = { what: 'configuration', code: 'configuration_invalid' } as const

/** What the text of a configuration file says. Throws `configuration_invalid` with file, line and column of each problem. */
export function readConfiguration(text: string, file: string): Configuration {
  return parseSettings({ ...about, text, file, schema: configurationSchema })
}

/** Reads the configuration file. Throws `configuration_invalid`, for a file that is missing or unreadable too. */
export async function loadConfiguration(path: string, files: Files): Promise<Configuration> {
  return readConfiguration(await readSettingsText({ ...about, path, files }), path)
}

/** A key belongs to one region and is refused in the others (JumpCloud reference 1 [W]), so one of the two is a slip. */
function refuseSharedCredentials(named: Readonly<Record<string, Connection>>, context: z.RefinementCtx): void {
  const hostsBySource = new Map<string, string>()
  for (const [name, { credential, writer, hosts }] of Object.entries(named)) {
    for (const { source } of writer === undefined ? [credential] : [credential, writer]) {
      const place = JSON.stringify(source)
      const known = hostsBySource.get(place)
      if (known !== undefined && known !== JSON.stringify(hosts)) {
        const message = 'a connection of another region has the same credential; name a credential of its own here'
        context.addIssue({ code: 'custom', path: [name], message })
      }
      hostsBySource.set(place, known ?? JSON.stringify(hosts))
    }
  }
}
