// The checks of what the process is given: its environment, its user, its program, its configuration and its policy.

import { SallyportError } from '@sallyport/protocol/sallyport-error'
import type { Configuration } from '../configuration/configuration.ts'
import { refuseUnsafeProcess } from '../configuration/refuse-unsafe-process.ts'
import { openPanic } from '../policy/panic.ts'
import type { Policy } from '../policy/policy.ts'
import { systemCode } from '../ports/files.ts'
import { strangersAmong } from '../settings/strangers.ts'
import { asRoot, type Check, fail, ok, type Verdict, warn } from './check.ts'
import { type Asked, closedToService } from './closed-to-service.ts'
import { type Ground, ifRunning, type Running } from './ground.ts'

/** The configuration and the policy as they were read, or what was wrong with them. */
export type Settings = {
  readonly configuration: Configuration | SallyportError
  /** Undefined where there is no configuration to read it by. */
  readonly policy: Policy | SallyportError | undefined
}

type HostChecks = { readonly ground: Ground; readonly settings: Settings; readonly running: Running }

export function hostChecks({ ground, settings, running }: HostChecks): readonly Check[] {
  const { paths } = ground
  const asked = (path: string | undefined) => ({ path, ground, running })
  return [
    { id: 'env.tls', look: () => lookAtEnvironment(ground) },
    { id: 'process.root', look: () => lookAtUser(ground) },
    {
      id: 'config.valid',
      look: (signal) =>
        unlessOdd(lookAtConfiguration(settings, paths.configuration), asked(paths.configuration), signal),
    },
    {
      id: 'policy.valid',
      after: ['config.valid'],
      look: (signal) => unlessOdd(lookAtPolicy(settings, paths.policy), asked(paths.policy), signal),
    },
    { id: 'policy.panic', after: ['state.directory'], look: () => lookAtPanic(paths.state) },
    { id: 'versions', look: async () => lookAtVersions(ground, await ifRunning(running)) },
  ]
}

function lookAtEnvironment({ environment, nodeFlags }: Ground): Verdict {
  try {
    refuseUnsafeProcess({ environment, nodeFlags })
    const { NODE_EXTRA_CA_CERTS: more = '' } = environment
    if (more !== '') return warn(trustingMore(more), 'unset NODE_EXTRA_CA_CERTS')
    return ok('nothing here opens TLS or the memory of the process to others')
  } catch (error) {
    if (error instanceof SallyportError) return fail(error.message)
    throw error
  }
}

/** It is of the shell, and may come to root from another user's; the service has its own. */
const trustingMore = (path: string) =>
  `NODE_EXTRA_CA_CERTS has this command trust whom ${path} names, which the service may not; name them as \`ca\` of a leg, if they are yours`

/** Whose the agent is, is told by what it made: doctor itself may be run by anybody. */
async function lookAtUser({ surroundings, paths }: Ground): Promise<Verdict> {
  const socket = await surroundings.see(paths.socket)
  const made = socket ?? (await surroundings.see(paths.state))
  if (made === undefined) return ok('nothing tells of an agent here yet')
  const what = socket === undefined ? paths.state : paths.socket
  if (made.uid !== 0) return ok(`the agent is of user ${made.uid}, by ${what}`)
  return warn(`${what} belongs to root, so that the agent runs as root; give the service a user of its own`)
}

type AskedFile = Omit<Asked, 'path'> & { readonly path: string | undefined }

/** What is right may be closed to the service, or somebody else's to change. */
async function unlessOdd(found: Verdict, { path, ...asked }: AskedFile, signal: AbortSignal): Promise<Verdict> {
  if (found.state !== 'ok' || path === undefined) return found
  const closed = await closedToService({ path, ...asked }, signal)
  if (closed !== undefined) return closed
  const { ground } = asked
  const { surroundings } = ground
  const [stranger] = await strangersAmong({ paths: [path], state: ground.paths.state, surroundings })
  return stranger === undefined ? found : warn(stranger.says, stranger.mend)
}

function lookAtConfiguration({ configuration }: Settings, path: string): Verdict {
  if (configuration instanceof SallyportError) {
    const mends: Readonly<Record<string, string>> = {
      ENOENT: 'sallyport setup --plane URL --code CODE',
      EACCES: asRoot,
    }
    return fail(configuration.message, mends[systemCode(configuration.cause) ?? ''])
  }
  const names = Object.keys(configuration.connections)
  return ok(`${path}: connections ${names.join(', ')}`)
}

function lookAtPolicy({ policy }: Settings, path: string | undefined): Verdict {
  if (policy === undefined) throw new TypeError('the policy is read with the configuration')
  if (policy instanceof SallyportError) return fail(policy.message)
  const jobs = policy.jobs.join(', ')
  return ok(path === undefined ? `no policy file: plain reads alone (${jobs})` : `${path}, ${policy.digest}: ${jobs}`)
}

function lookAtPanic(state: string): Verdict {
  const panic = openPanic(state)
  return panic.isOn() ? fail(`${panic.path} is there: everything is denied`) : ok('the switch is off')
}

function lookAtVersions({ version, surroundings }: Ground, running: { readonly version: string } | undefined): Verdict {
  const own = `Sallyport ${version}, Node ${surroundings.nodeVersion}`
  if (running === undefined || running.version === version) return ok(own)
  return warn(`this program is ${own}, and the agent that runs is still ${running.version}`)
}
