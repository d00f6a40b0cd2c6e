// What JumpCloud says of one credential: it is asked as the agent would, by the same way, and nothing is changed.

import { SallyportError } from '@sallyport/protocol'
import type { Configuration } from '../../configuration/configuration.ts'
import { probeFamilies } from '../../connections/probe-families.ts'
import { openTrialClient } from '../../connections/trial-client.ts'
import { destinationsOf } from '../../egress/destinations.ts'
import { openLeg } from '../../egress/open-egress.ts'
import { type Family, families } from '../../jumpcloud/families.ts'
import type { JumpCloud } from '../../jumpcloud/jumpcloud.ts'
import { readOrganisation } from '../../jumpcloud/organisation.ts'
import { createLog } from '../../log.ts'
import type { Policy } from '../../policy/policy.ts'
import { systemClock } from '../../ports/clock.ts'
import type { Files } from '../../ports/files.ts'
import { systemRandom } from '../../ports/random.ts'
import type { Secret } from '../../vault/secret.ts'
import type { Host } from '../host.ts'
import { sayIfSlow } from '../say-if-slow.ts'
import type { NamedCredential } from './named-credentials.ts'
import { reportOf, type TokenReport } from './token-report.ts'

export type Tried = { readonly named: NamedCredential; readonly secret: Secret }

export type Trying = {
  readonly settings: { readonly configuration: Configuration }
  /** Undefined where it could not be read. */
  readonly policy: Pick<Policy, 'jobsOf'> | undefined
  readonly files: Files
}

/** Throws the error of JumpCloud, or of the way to it. */
export async function reportOn(
  { named, secret }: Tried,
  { policy, ...trying }: Trying,
  host: Host,
): Promise<TokenReport> {
  const { guard } = host
  guard.protect(secret, named.name)
  await using jumpcloud = await openClient({ named, secret }, trying, host)
  const says = `asking JumpCloud about ${named.name} takes long; a connection that comes to nothing is given up after 10 s`
  const asking = readOrganisation(jumpcloud.lane('interactive')).catch(unlessForbidden)
  const organisation = await sayIfSlow(asking, { says, complain: host.complain, clock: systemClock })
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

async function openClient(
  { named, secret }: Tried,
  { settings: { configuration }, files }: Omit<Trying, 'policy'>,
  { environment, guard, logTo }: Host,
): Promise<JumpCloud> {
  const { connection, of } = named
  const clock = systemClock
  // Why a proxy or a certificate closes the way is told there alone: errors may travel.
  const log = createLog({ level: 'warn', ...logTo.complain, guard, clock })
  const connector = await openLeg(
    { name: `connections.${connection}`, settings: of, destinations: destinationsOf(configuration, environment) },
    { environment, files, guard, clock, log },
  )
  return openTrialClient({
    ...{ name: named.name, connection: of, credential: named.settings, secret },
    ...{ connector, guard, clock, random: systemRandom },
  })
}
