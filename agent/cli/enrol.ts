// The command `enrol`.

import { existsSync } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { parseEnrolmentCode, SallyportError } from '@sallyport/protocol'
import { loadConfiguration } from '../configuration/configuration.ts'
import type { LegSettings } from '../configuration/leg-settings.ts'
import { refuseUnsafeProcess } from '../configuration/refuse-unsafe-process.ts'
import { serviceUrl } from '../configuration/service-url.ts'
import type { Connector } from '../egress/connector.ts'
import { planeDestinations } from '../egress/destinations.ts'
import { openLeg } from '../egress/open-egress.ts'
import { enrol as enrolHere } from '../enrolment/enrol.ts'
import { createPlanePost } from '../enrolment/plane-post.ts'
import { type Identity, openIdentityFile } from '../identity/identity.ts'
import { createLog } from '../log.ts'
import { systemClock } from '../ports/clock.ts'
import { type Files, filesOfAgent } from '../ports/files.ts'
import { systemRandom } from '../ports/random.ts'
import { Secret } from '../vault/secret.ts'
import { version } from '../version.ts'
import type { Host } from './host.ts'
import { findPaths, type PathFlags, type Paths } from './paths.ts'
import { readTextFile } from './read-text-file.ts'
import { serviceEnvironment } from './service-environment.ts'

export type EnrolFlags = PathFlags & {
  /** Without it, the configuration names it. */
  readonly plane?: string
  /** `-` reads it from standard input, where it is in no process list and no shell history. */
  readonly code?: string
  readonly codeFile?: string
  /** For what begins anew whenever a container does: a host that is enrolled is left as it is. */
  readonly once?: boolean
  readonly json?: boolean
  /** Default: that of the configuration, where there is one already. */
  readonly way?: WayToPlane
}

export type WayToPlane = {
  readonly settings: LegSettings
  /** Where what the settings name is read, and by which environment it is found. */
  readonly files: Files
  readonly environment: Host['environment']
}

export async function enrol(flags: EnrolFlags, host: Host): Promise<void> {
  refuseUnsafeProcess(host)
  const paths = findPaths(flags, host.environment, existsSync)
  await makeStateDirectory(paths.state)
  const identityFile = openIdentityFile(paths.state)
  const former = existsSync(identityFile.path) ? await identityFile.read() : undefined
  if (former !== undefined && flags.once) {
    if (flags.plane !== undefined) warnWhereMoved({ url: planeUrlOf(flags.plane), enrolledAt: former.plane.url }, host)
    return report(former, 'was enrolled already', { flags, host })
  }
  const url = await planeOf(flags, paths)
  const code = await readCode(await givenCode(flags), host)
  await using post = createPlanePost({
    connector: await planeConnector(url, flags, host),
    guard: host.guard,
    clock: systemClock,
    userAgent: `Sallyport/${version}`,
  })
  const identity = await enrolHere({
    url,
    code,
    version,
    identityFile,
    random: systemRandom,
    post: post.send,
  })
  if (former !== undefined && former.replica !== identity.replica) {
    host.complain(
      `replica ${former.replica} of agent ${former.agent}, which this host was before, is replaced; revoke it at its control plane, and restart the agent if it runs`,
    )
  }
  report(identity, 'enrolled', { flags, host })
}

type Named = { readonly url: string; readonly enrolledAt: string | undefined }

/** A control plane may have another address now; a host that is enrolled is known to no other one. */
export function warnWhereMoved({ url, enrolledAt }: Named, host: Pick<Host, 'complain'>): void {
  if (enrolledAt === undefined || url === planeUrlOf(enrolledAt)) return
  host.complain(
    `this host was enrolled at ${enrolledAt}: ${url} has to be another address of the same control plane. If it is not, correct plane.url of the configuration, or enrol anew: sallyport enrol --plane ${url} --code -`,
  )
}

type Told = { readonly flags: EnrolFlags; readonly host: Host }

function report({ agent, replica, plane }: Identity, what: string, { flags, host }: Told): void {
  const json = () => JSON.stringify({ agent, replica, plane: plane.id })
  host.print(flags.json ? json() : `${what} as replica ${replica} of agent ${agent} at control plane ${plane.id}`)
}

async function planeOf({ plane }: EnrolFlags, { configuration, state }: Paths): Promise<string> {
  if (plane !== undefined) return planeUrlOf(plane)
  return (await loadConfiguration(configuration, filesOfAgent(state))).plane.url
}

async function givenCode({ code, codeFile }: EnrolFlags): Promise<string> {
  if (code !== undefined && codeFile === undefined) return code
  if (code === undefined && codeFile !== undefined) return await readTextFile(codeFile)
  throw new SallyportError(
    'configuration_invalid',
    'read the enrolment code: name one of --code and --code-file, and not both',
  )
}

/** `-` is standard input. Throws `code_malformed`. */
export async function readCode(given: string, host: Host): Promise<string> {
  // A terminal or a chat program broke the line; a code has no white space of its own.
  const code = (given === '-' ? await host.readInput() : given).replace(/\s+/g, '')
  host.guard.protect(new Secret(parseEnrolmentCode(code).secret), 'the one-time code')
  return code
}

/** As the agent will go there: by the proxy and the authorities of the configuration. */
async function planeConnector(url: string, flags: EnrolFlags, host: Host): Promise<Connector> {
  const { guard } = host
  const { settings, files, environment } = flags.way ?? (await configuredWay(flags, host))
  const destinations = planeDestinations(url, settings, environment)
  const clock = systemClock
  const log = createLog({ level: 'warn', ...host.logTo.complain, guard, clock })
  return await openLeg({ name: 'plane', settings, destinations }, { environment, files, guard, clock, log })
}

async function configuredWay(flags: PathFlags, host: Host): Promise<WayToPlane> {
  const paths = findPaths(flags, host.environment, existsSync)
  const { configuration: path, state } = paths
  const files = filesOfAgent(state)
  const isWritten = flags.config !== undefined || existsSync(path)
  const settings = isWritten ? (await loadConfiguration(path, files)).plane : {}
  return { settings, files, environment: serviceEnvironment(host, paths) }
}

/** Throws `configuration_invalid`. */
export function planeUrlOf(text: string): string {
  const parsed = serviceUrl.safeParse(text)
  if (parsed.success) return parsed.data
  throw new SallyportError('configuration_invalid', `read --plane: ${parsed.error.issues[0]?.message}`)
}

async function makeStateDirectory(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
  } catch (error) {
    const why = error instanceof Error ? error.message : 'failed'
    throw new SallyportError(
      'identity_invalid',
      `make the state directory ${path}: ${why}. Name another with --state, or run this as the user that the agent runs as, or as root.`,
      { cause: error },
    )
  }
}
