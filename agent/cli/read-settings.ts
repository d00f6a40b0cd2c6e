// What every command that acts needs first: the files, read and checked, and the log with its leak guard.

import { type Configuration, loadConfiguration } from '../configuration/configuration.ts'
import { refuseUnsafeProcess } from '../configuration/refuse-unsafe-process.ts'
import { createLog, type Log } from '../log.ts'
import { jobEffects } from '../policy/job-effects.ts'
import type { Policy } from '../policy/policy.ts'
import { openPolicyHome, type PolicyHome } from '../policy/policy-home.ts'
import { systemClock } from '../ports/clock.ts'
import { isPut, systemFiles } from '../ports/files.ts'
import { systemRandom } from '../ports/random.ts'
import { systemSurroundings } from '../ports/surroundings.ts'
import { type Stranger, strangersAmong } from '../settings/strangers.ts'
import type { LeakGuard } from '../vault/leak-guard.ts'
import type { Host } from './host.ts'
import { findPaths, type PathFlags, type Paths } from './paths.ts'

export type Settings = {
  readonly paths: Paths
  readonly configuration: Configuration
  readonly policy: Policy
  readonly policyHome: PolicyHome
  /** Files of these settings that somebody else may change. */
  readonly strangers: readonly Stranger[]
  readonly guard: LeakGuard
  readonly log: Log
}

/** Throws `configuration_invalid` or `policy_invalid`, whose messages name file, line and column. */
export async function readSettings(flags: PathFlags, host: Host): Promise<Settings> {
  refuseUnsafeProcess(host)
  const paths = findPaths(flags, host.environment, isPut)
  const configuration = await loadConfiguration(paths.configuration, systemFiles)
  const policyHome = openPolicyHome({
    findPath: () => findPaths(flags, host.environment, isPut).policy,
    stateDirectory: paths.state,
    files: systemFiles,
    random: systemRandom,
    jobs: jobEffects(),
    connections: Object.keys(configuration.connections),
  })
  const policy = await policyHome.read()
  const { guard } = host
  const { level } = configuration.log
  const log = createLog({ level, ...host.logTo.print, guard, clock: systemClock })
  const named = [paths.configuration, paths.policy]
  const strangers = await strangersAmong({ paths: named, state: paths.state, surroundings: systemSurroundings })
  return { paths, configuration, policy, policyHome, strangers, guard, log }
}
