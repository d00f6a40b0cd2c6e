// The command `setup`: from an installed package to an agent at work. Each step looks whether it is done already, so that it may
// be run again; what a person wrote is kept.

import { existsSync } from 'node:fs'
import type { Configuration } from '../configuration/configuration.ts'
import { refuseUnsafeProcess } from '../configuration/refuse-unsafe-process.ts'
import { openIdentityFile } from '../identity/identity.ts'
import { isPut } from '../ports/files.ts'
import { type Asking, answerTo } from '../setup/questions.ts'
import type { Service } from '../setup/service.ts'
import { enrol, readCode } from './enrol.ts'
import type { Host } from './host.ts'
import { findPaths, type PathFlags, type Paths, usualPolicy } from './paths.ts'
import { connect } from './setup-connection.ts'
import { keep } from './setup-kept.ts'
import { startAndWait } from './setup-start.ts'

export type SetupFlags = PathFlags & {
  readonly plane?: string
  readonly code?: string
  readonly name: string
  readonly region?: 'us' | 'eu' | 'in'
  readonly baseUrl?: string
  readonly organisation?: string
  readonly keyFile?: string
  readonly connectionFile?: string
  readonly nonInteractive?: true
  readonly start: boolean
}

/** What setup needs besides: a person, unless nobody is there, and the service of the host. */
export type SetupHost = Host & Asking & { readonly service: Service }

/** What was done, or found done, in words; printed at the end. */
export type Checked = string[]

export type SetupPaths = Paths & { readonly policy: string }

export async function setup(flags: SetupFlags, host: SetupHost): Promise<void> {
  refuseUnsafeProcess(host)
  const found = findPaths(flags, host.environment, isPut)
  const paths = { ...found, policy: found.policy ?? usualPolicy }
  const checked: Checked = []
  const code = await givenCode(flags, paths, host)
  const configuration = isPut(paths.configuration)
    ? await keep({ flags, paths, checked }, host)
    : await connect({ flags, paths, plane: await planeOf(flags, host), checked }, host)
  await enrolOnce({ paths, configuration, code, checked }, host)
  const next = await startAndWait({ flags, paths, checked }, host)
  for (const line of checked) host.print(`ok   ${line}`)
  host.print(`next ${next}`)
}

/** Before anything is asked or written, so that a slip costs nothing. Undefined where it is asked for later, or not needed. */
async function givenCode({ code }: SetupFlags, paths: SetupPaths, host: SetupHost): Promise<string | undefined> {
  return code === undefined || isPut(openIdentityFile(paths.state).path) ? undefined : await readCode(code, host)
}

async function planeOf({ plane }: SetupFlags, host: SetupHost): Promise<string> {
  if (plane !== undefined) return plane
  return await answerTo(host, {
    flag: '--plane URL',
    what: 'the address of the control plane',
    ask: (person) => person.text('Address of the control plane?'),
  })
}

type Enrolling = {
  readonly paths: SetupPaths
  readonly configuration: Configuration
  readonly code: string | undefined
  readonly checked: Checked
}

async function enrolOnce({ paths, configuration, code: given, checked }: Enrolling, host: SetupHost): Promise<void> {
  const identityFile = openIdentityFile(paths.state)
  if (existsSync(identityFile.path)) {
    const { agent, replica } = await identityFile.read()
    checked.push(`this host was enrolled already, as replica ${replica} of agent ${agent}`)
    return
  }
  const code =
    given ??
    (await answerTo(host, {
      flag: '--code CODE (or - for standard input)',
      what: 'the one-time code of the control plane',
      ask: (person) => person.hidden('One-time code? It is not shown.'),
    }))
  const said: string[] = []
  const quiet: Host = { ...host, print: (line) => void said.push(line) }
  await enrol({ config: paths.configuration, state: paths.state, plane: configuration.plane.url, code }, quiet)
  checked.push(...said)
}
