// The command `doctor`, and the ground that it stands on, which `support-bundle` shares.

import { SallyportError } from '@sallyport/protocol'
import { diagnose } from '../doctor/diagnose.ts'
import type { Ground } from '../doctor/ground.ts'
import { reportLines } from '../doctor/report-lines.ts'
import { askAgent } from '../listen/ask.ts'
import { socketPath } from '../listen/socket-path.ts'
import { createLog } from '../log.ts'
import { systemClock } from '../ports/clock.ts'
import { filesOfAgent, isPut } from '../ports/files.ts'
import { systemRandom } from '../ports/random.ts'
import { type Surroundings, systemSurroundings } from '../ports/surroundings.ts'
import { version } from '../version.ts'
import type { Host } from './host.ts'
import { findPaths, type PathFlags, usualState } from './paths.ts'
import { serviceEnvironment } from './service-environment.ts'

export type DoctorFlags = PathFlags & {
  readonly json?: true
  readonly explain?: true
  readonly offline?: true
}

/** Throws `configuration_invalid` where that is the cause, `check_failed` where a check failed. */
export async function doctor({ json, explain, offline, ...flags }: DoctorFlags, host: Host): Promise<void> {
  const report = await diagnose(groundOf(flags, host), { isOffline: offline === true })
  if (json) host.print(JSON.stringify(report))
  else for (const line of reportLines(report, { isExplained: explain === true })) host.print(line)
  const [first] = report.failed
  if (first === undefined) return
  const code = report.failed.includes('config.valid') ? 'configuration_invalid' : 'check_failed'
  throw new SallyportError(code, `look at this host: ${first} failed${othersOf(report.failed)}`)
}

function othersOf({ length }: readonly string[]): string {
  return length === 1 ? '' : ` first, and ${length - 1} more`
}

/** For a shell. */
function flagsText({ config, policy, state }: PathFlags): string {
  const given = Object.entries({ config, policy, state }).flatMap(([name, path]) =>
    path === undefined ? [] : { name, path },
  )
  const quoted = (path: string) => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`)
  return given.map(({ name, path }) => ` --${name} ${quoted(path)}`).join('')
}

type Seeing = { readonly surroundings?: Surroundings }

/** As the service would see it: where that is given credentials by systemd, root can read them while it runs. */
export function groundOf(flags: PathFlags, host: Host, { surroundings = systemSurroundings }: Seeing = {}): Ground {
  const { guard, nodeFlags, logTo } = host
  const paths = findPaths(flags, host.environment, isPut)
  const socket = socketPath(paths.state, host.environment)
  const log = createLog({ level: 'error', ...logTo.complain, guard, clock: systemClock })
  return {
    paths: { ...paths, socket },
    pathFlags: flagsText(flags),
    environment: serviceEnvironment(host, paths),
    ...{ nodeFlags, guard, log, surroundings, version },
    isOfService: paths.state === usualState,
    ...{ files: filesOfAgent(paths.state), clock: systemClock, random: systemRandom },
    askAgent: (method, path) => askAgent(socket, method, path),
  }
}
