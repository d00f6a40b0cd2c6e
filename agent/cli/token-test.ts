// The command `token test`: does JumpCloud take this credential, whose is it, and what can it do? It asks as the agent would, by
// the same way, and changes nothing.

import { SallyportError } from '@sallyport/protocol'
import { createAccess } from '../connections/credential-access.ts'
import { probeFamilies } from '../connections/probe-families.ts'
import { destinationsOf } from '../egress/destinations.ts'
import { openLeg } from '../egress/open-egress.ts'
import { type Family, families } from '../jumpcloud/families.ts'
import { createJumpCloud, type JumpCloud } from '../jumpcloud/jumpcloud.ts'
import { readOrganisation } from '../jumpcloud/organisation.ts'
import { createLog } from '../log.ts'
import { jobEffects } from '../policy/job-effects.ts'
import { loadPolicy, type Policy } from '../policy/policy.ts'
import { systemClock } from '../ports/clock.ts'
import { systemFiles } from '../ports/files.ts'
import { systemRandom } from '../ports/random.ts'
import type { LeakGuard } from '../vault/leak-guard.ts'
import { readSecret } from '../vault/read-secret.ts'
import type { Secret } from '../vault/secret.ts'
import { version } from '../version.ts'
import type { Host } from './host.ts'
import {
  type CredentialSettings,
  findCredential,
  type NamedCredential,
  readCredentialSettings,
} from './named-credentials.ts'
import type { PathFlags } from './paths.ts'
import { reportLines, reportOf, type TokenReport } from './token-report.ts'

export type TestFlags = PathFlags & { readonly json?: boolean }

/** Throws with the code of the first that does not work, after all were tried. */
export async function tokenTest(name: string | undefined, { json, ...flags }: TestFlags, host: Host): Promise<void> {
  const settings = await readCredentialSettings(flags, host)
  const tried = name === undefined ? settings.credentials : [findCredential(settings, name)]
  const policy = await readPolicy(settings)
  const reports: TokenReport[] = []
  for (const one of tried) {
    const report = await ask(one, { settings, policy }, host).catch((error: unknown) => failure(one, error))
    reports.push(report)
    if (!json) for (const line of reportLines(report)) host.print(line)
  }
  if (json) host.print(JSON.stringify({ credentials: reports }))
  const errors = reports.flatMap(({ error }) => error ?? [])
  const [first] = errors
  if (first !== undefined)
    throw new SallyportError(first.code, `test ${tried.length} credentials: ${errors.length} failed`)
}

/** Undefined where it is not valid: what a credential can do is told all the same. */
async function readPolicy({ paths, configuration }: CredentialSettings): Promise<Policy | undefined> {
  const connections = Object.keys(configuration.connections)
  const location = { path: paths.policy, files: systemFiles, jobs: jobEffects(), connections }
  return await loadPolicy(location).catch((error: unknown) => {
    if (error instanceof SallyportError) return undefined
    throw error
  })
}

function failure({ name }: NamedCredential, error: unknown): TokenReport {
  if (!(error instanceof SallyportError)) throw error
  const { code, cause } = error
  const seen = code.startsWith('organisation_') && cause instanceof Error ? ` (${cause.message})` : ''
  const none = { organisation: null, capabilities: [], excess: [], writes: null }
  return { name, error: { code, message: `${error.message}${seen}` }, ...none }
}

type Asking = { readonly settings: CredentialSettings; readonly policy: Policy | undefined }

async function ask(named: NamedCredential, { settings, policy }: Asking, host: Host): Promise<TokenReport> {
  const { environment, guard } = host
  const { secret, notes } = await readSecret({
    ...{ connection: named.name, source: named.settings.source },
    ...{ files: systemFiles, environment, clock: systemClock },
  })
  for (const note of notes) host.complain(note)
  guard.protect(secret, named.name)
  await using jumpcloud = await openClient({ named, secret, guard }, settings, host)
  const organisation = await readOrganisation(jumpcloud.lane('interactive')).catch(unlessForbidden)
  const families = familiesOf(named)
  const capabilities = await probeFamilies(families, jumpcloud.lane('bulk'), systemClock.now)
  const allowed = policy?.jobsOf(named.connection)
  const report = reportOf(named.name, organisation, { families, capabilities, allowed })
  if (guard.contains(JSON.stringify(report), 'frame') === undefined) return report
  return { ...report, organisation: report.organisation && { ...report.organisation, name: null } }
}

/** The agent works without it: such a role sees one organisation (JumpCloud reference 2.4 [S]). */
function unlessForbidden(error: unknown): undefined {
  if (!(error instanceof SallyportError) || error.code !== 'jumpcloud_forbidden') throw error
}

/** A credential for changes is for nothing else, and where there is one, the other is for reading. */
function familiesOf({ name, connection, of }: NamedCredential): readonly Family[] {
  if (name !== connection) return families.filter(({ probe }) => probe === undefined)
  return of.writer === undefined ? families : families.filter(({ probe }) => probe !== undefined)
}

type Opening = { readonly named: NamedCredential; readonly secret: Secret; readonly guard: LeakGuard }

async function openClient(
  { named, secret, guard }: Opening,
  { configuration }: CredentialSettings,
  { environment, complain }: Host,
): Promise<JumpCloud> {
  const { connection, of } = named
  const clock = systemClock
  const log = createLog({ level: 'error', write: (line) => complain(line.trimEnd()), guard, clock })
  const connector = await openLeg(
    { name: `connections.${connection}`, settings: of, destinations: destinationsOf(configuration, environment) },
    { environment, files: systemFiles, guard, clock, log },
  )
  const client: JumpCloud = createJumpCloud({
    settings: {
      ...(typeof of.hosts === 'string' ? { region: of.hosts } : { baseUrls: of.hosts }),
      organisationId: of.organisationId,
    },
    access: createAccess({
      ...{ name: named.name, settings: named.settings, guard, clock, secret: () => secret },
      fetchToken: (account) => client.fetchToken(account),
      organisationId: () => of.organisationId,
    }),
    userAgent: `Sallyport/${version}`,
    ...{ clock, random: systemRandom, connector },
  })
  return client
}
