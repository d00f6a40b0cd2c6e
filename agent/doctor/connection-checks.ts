// The checks of one connection: the way to its JumpCloud, its credentials, and what they may do for the jobs that the policy
// allows.

import { type Capability, SallyportError } from '@sallyport/protocol'
import type { Configuration, Connection } from '../configuration/configuration.ts'
import { jobsOfFamily, whyOf } from '../connections/probe-families.ts'
import { destinationsOf, jumpcloudUrls } from '../egress/destinations.ts'
import { families } from '../jumpcloud/families.ts'
import type { Organisation } from '../jumpcloud/organisation.ts'
import { type Check, fail, nameOfCheck, ok, skip, type Verdict } from './check.ts'
import { credentialChecks } from './credential-checks.ts'
import type { Ground, Running } from './ground.ts'
import type { Settings } from './host-checks.ts'
import { once } from './once.ts'
import { createTrial, onlyService, type Trial } from './trial.ts'
import { openLegWays } from './way.ts'
import { wayChecks } from './way-checks.ts'

export type ConnectionChecks = {
  readonly ground: Ground
  readonly configuration: Configuration
  readonly policy: Settings['policy']
  readonly running: Running
  readonly name: string
  readonly connection: Connection
}

export function connectionChecks(options: ConnectionChecks): readonly Check[] {
  const { ground, configuration, name, connection, running } = options
  const open = once(() => {
    const destinations = destinationsOf(configuration, ground.environment)
    const urls = jumpcloudUrls(connection).map(({ url }) => url)
    return openLegWays({ name: `connections.${name}`, settings: connection, destinations, urls }, ground)
  })
  const openConnector = async () => (await open()).connector
  const shared = { ground, connection, openConnector }
  const reader = createTrial({ ...shared, name, credential: connection.credential })
  const { writer } = connection
  const after = [nameOfCheck('jumpcloud.tls', name)]
  const readerChecks = [
    ...credentialChecks({
      ground,
      running,
      name,
      connection: name,
      credential: connection.credential,
      trial: reader,
      after,
    }),
    organisationCheck({ name, trial: reader }),
    jobsCheck(reader, options),
  ]
  const writerChecks = (credential: NonNullable<Connection['writer']>) => {
    const ofWriter = `${name}.writer`
    const trial = createTrial({ ...shared, name: ofWriter, credential })
    return [
      ...credentialChecks({ ground, running, name: ofWriter, connection: name, credential, trial, after }),
      organisationCheck({ name: ofWriter, trial, reader: { name, trial: reader } }),
    ]
  }
  return [
    ...wayChecks({ family: 'jumpcloud', of: name, open, clock: ground.clock }),
    ...readerChecks,
    ...(writer === undefined ? [] : writerChecks(writer)),
  ]
}

type Seeing = {
  readonly name: string
  readonly trial: Trial
  /** Whose organisation it must be of. */
  readonly reader?: { readonly name: string; readonly trial: Trial }
}

function organisationCheck({ name, trial, reader }: Seeing): Check {
  const others = reader === undefined ? [] : [nameOfCheck('jumpcloud.credential', reader.name)]
  return {
    ...{ id: 'jumpcloud.organisation', of: name },
    after: [nameOfCheck('jumpcloud.credential', name), ...others],
    look: async (signal) => {
      if (trial.isOutOfReach) return skip(onlyService)
      const found = await trial.organisation(signal)
      const wanted = reader && (await reader.trial.organisation(signal))
      return sayOrganisation(found, wanted)
    },
  }
}

type Found = Organisation | 'forbidden' | SallyportError

/** Which others a credential sees is told by `token test`, which nobody puts into a bundle. */
function sayOrganisation(found: Found, wanted: Found | undefined): Verdict {
  if (found === 'forbidden') return ok('its role may not list organisations: it sees one')
  if (found instanceof SallyportError) return fail(found.message)
  const isOther = wanted !== undefined && isOrganisation(wanted) && wanted._id !== found._id
  if (isOther) return fail(`it is of organisation ${found._id}, and what reads is of ${wanted._id}`)
  return ok(`it sees organisation ${found._id}`)
}

function isOrganisation(found: Found): found is Organisation {
  return found !== 'forbidden' && !(found instanceof SallyportError)
}

function jobsCheck(trial: Trial, { policy, name, connection }: ConnectionChecks): Check {
  return {
    ...{ id: 'jumpcloud.jobs', of: name },
    after: ['policy.valid', nameOfCheck('jumpcloud.organisation', name)],
    look: async (signal) => {
      if (policy === undefined || policy instanceof SallyportError) throw new TypeError('the policy is not valid')
      if (trial.isOutOfReach) return skip(onlyService)
      const allowed = policy.jobsOf(name)
      if (allowed.length === 0) return skip('the policy allows no job on it')
      const asked = families.filter((family) => jobsOfFamily(family, allowed).length > 0)
      // What changes is not asked for, and of a connection with a writer it is that one's business.
      const own = connection.writer === undefined ? asked : asked.filter(({ probe }) => probe !== undefined)
      return sayJobs(await trial.capabilities(own, signal), allowed)
    },
  }
}

function sayJobs(capabilities: readonly Capability[], allowed: readonly string[]): Verdict {
  const lacking = capabilities.filter(({ state }) => state === 'no')
  const needing = (capability: Capability) => {
    const family = families.find(({ name }) => name === capability.family)
    return family === undefined ? [] : jobsOfFamily(family, allowed)
  }
  if (lacking.length > 0) {
    const lines = lacking.map((one) => `${needing(one).join(', ')} cannot be done, ${one.family}: ${whyOf(one)}`)
    return fail(lines.join('; '))
  }
  const unproven = new Set(capabilities.filter(({ state }) => state !== 'yes').flatMap(needing))
  const proven = allowed.filter((job) => !unproven.has(job))
  const rest = unproven.size === 0 ? '' : `; not known without a change, or not answered: ${[...unproven].join(', ')}`
  return ok(`${proven.length === 0 ? 'none is proven' : `it may ${proven.join(', ')}`}${rest}`)
}
