// The support bundle: one file of JSON that a customer reads, and then sends where they want or does not. It is made of what is
// named below and nothing else; whoever writes it asks the leak guard first.

import { arch, platform, release } from 'node:os'
import { join } from 'node:path'
import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { type Configuration, loadConfiguration } from '../configuration/configuration.ts'
import type { Report } from '../doctor/examine.ts'
import type { Ground } from '../doctor/ground.ts'
import { destinationsOf } from '../egress/destinations.ts'
import { ledgerDirectory } from '../ledger/ledger-paths.ts'
import { jobEffects } from '../policy/job-effects.ts'
import { loadPolicy } from '../policy/policy.ts'
import { shownConfiguration } from './shown-configuration.ts'
import { shownLedger } from './shown-ledger.ts'
import { shownStatus } from './shown-status.ts'

/** What each part holds, in the words that are printed when the bundle is made. */
export const bundleParts = {
  host: 'versions of Sallyport, Node and the system',
  doctor: 'what `sallyport doctor` says',
  configuration: 'the configuration, with the places of secrets and none of their values',
  policy: 'what the policy file says, without its comments, and its digest',
  egress: 'every host and port that the agent connects to',
  status: 'what the running agent says of itself',
  state: 'names, sizes and modes of the files of the state directory',
  ledger: 'the newest entries of the ledger, without requesters, object ids and rows',
} as const

export type BundlePart = keyof typeof bundleParts

/** A part that cannot be made holds the reason in its place. */
export type Bundle = { readonly format: 'sallyport-support-bundle/1'; readonly createdAt: string } & Readonly<
  Record<BundlePart, unknown>
>

const entryCount = 200

export async function makeBundle(ground: Ground, report: Report): Promise<Bundle> {
  const { paths, files, environment, clock } = ground
  const loaded = await loadConfiguration(paths.configuration, files).catch(asReason)
  const ifLoaded = (make: (configuration: Configuration) => unknown) => ('error' in loaded ? loaded : make(loaded))
  const [policy, egress, status, state, ledger] = await Promise.all([
    attempt(() => ifLoaded((configuration) => shownPolicy(ground, configuration))),
    attempt(() => ifLoaded((configuration) => shownEgress(configuration, environment))),
    attempt(async () => shownStatus.parse((await ground.askAgent('GET', '/status')).body)),
    attempt(() => shownState(ground)),
    attempt(() => shownLedger(ledgerDirectory(paths.state), entryCount)),
  ])
  return {
    format: 'sallyport-support-bundle/1',
    createdAt: new Date(clock.now()).toISOString(),
    host: shownHost(ground),
    doctor: report,
    configuration: ifLoaded(shownConfiguration),
    ...{ policy, egress, status, state, ledger },
  }
}

function shownHost({ version, surroundings, paths }: Ground) {
  const { configuration, policy, state, socket } = paths
  const system = { node: surroundings.nodeVersion, platform: platform(), arch: arch(), kernel: release() }
  return { sallyport: version, ...system, paths: { configuration, policy: policy ?? null, state, socket } }
}

/** As it was understood: what else stands in the file, as an old key in a comment, is nobody's business. Rejects with `policy_invalid`. */
async function shownPolicy({ paths, files }: Ground, { connections }: Configuration) {
  const { policy: path } = paths
  if (path === undefined) return null
  const policy = await loadPolicy({ path, files, jobs: jobEffects(), connections: Object.keys(connections) })
  const { digest, replicas, connections: named } = policy
  return { digest, replicas, connections: Object.fromEntries(named.map((name) => [name, policy.rulesOf(name)])) }
}

function shownEgress(configuration: Configuration, environment: Ground['environment']) {
  return destinationsOf(configuration, environment).map(({ leg, host, port, why, by }) => {
    return { leg, host, port, why, by: by === undefined ? null : `${by.host}:${by.port}` }
  })
}

const stateFiles = [
  ...['.', 'identity.json', 'journal.db', 'journal.db-wal', 'journal.key', 'journal.lost', 'agent.lock', 'pins.json'],
  ...['panic', 'secrets', 'ledger'],
]

async function shownState({ surroundings, paths }: Ground) {
  const seen = stateFiles.map(async (name) => ({ name, seen: await surroundings.see(join(paths.state, name)) }))
  const there = (await Promise.all(seen)).flatMap(({ name, seen }) => (seen === undefined ? [] : { name, ...seen }))
  return there.map(({ name, kind, mode, uid, byteCount, changedAt }) => ({
    ...{ name, kind, mode: mode.toString(8).padStart(4, '0'), uid, byteCount },
    changedAt: new Date(changedAt).toISOString(),
  }))
}

type Reason = { readonly error: string }

async function attempt(make: () => unknown): Promise<unknown> {
  try {
    return await make()
  } catch (error) {
    return asReason(error)
  }
}

/** Of a defect nothing is told but that there was one. */
function asReason(error: unknown): Reason {
  return { error: error instanceof SallyportError ? `${error.code}: ${error.message}` : 'it could not be read' }
}
