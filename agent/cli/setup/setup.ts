// The command `setup`: from an installed package to an agent at work. Each step looks whether it is done already, so that it may
// be run again; what a person wrote is kept.

import { SallyportError } from '@sallyport/protocol'
import { plainName } from '@sallyport/protocol/ids'
import { refuseUnsafeProcess } from '../../configuration/refuse-unsafe-process.ts'
import { openIdentityFile } from '../../identity/identity.ts'
import { isPut } from '../../ports/files.ts'
import { answerTo, type Matter, matters, type Person, refuseMissing } from '../../setup/questions.ts'
import { enrol, planeUrlOf, readCode, warnWhereMoved } from '../enrol.ts'
import type { Host } from '../host.ts'
import { findPaths, usualPolicy } from '../paths.ts'
import { connect } from './setup-connection.ts'
import type { Checked, Prepared, SetupFlags, SetupHost, SetupPaths } from './setup-host.ts'
import { keep } from './setup-kept.ts'
import { startAndWait } from './setup-start.ts'

export async function setup(flags: SetupFlags, host: SetupHost): Promise<void> {
  refuseUnsafeProcess(host)
  refuseSlips(flags, host)
  const found = findPaths(flags, host.environment, isPut)
  const paths = { ...found, policy: found.policy ?? usualPolicy }
  const checked: Checked = []
  const isConfigured = isPut(paths.configuration)
  const identityFile = openIdentityFile(paths.state)
  const isEnrolled = isPut(identityFile.path)
  const enrolledAt = isEnrolled && !isConfigured ? (await identityFile.read()).plane.url : undefined
  refuseMissing(host, missingIn(flags, { isConfigured, isEnrolled, enrolledAt }))
  const plane = isConfigured ? undefined : await planeOf(flags, enrolledAt, host)
  // Before anything is written, so that a slip costs nothing.
  const code = isEnrolled ? undefined : await codeOf(flags, host)
  const prepared =
    plane === undefined
      ? await keep({ flags, paths, checked }, host)
      : await connect({ flags, paths, plane, checked }, host)
  // What is written is kept: a way to the control plane that leads nowhere would stay.
  await enrolOnce({ flags, paths, prepared, code, checked }, host)
  await prepared.write()
  const next = await startAndWait({ flags, paths, checked }, host)
  for (const line of checked) host.print(`ok   ${line}`)
  host.print(`next ${next}`)
}

/** What needs no question and no network to be known: nobody types a key for nothing. */
function refuseSlips(
  { name, proxy = 'none', proxyUser, proxyPasswordFile }: SetupFlags,
  { service, isRoot }: SetupHost,
): void {
  const refuse = (why: string) => new SallyportError('configuration_invalid', `${why}. Nothing was changed`)
  if (service.isThere && !isRoot) throw refuse('set up: only root can set up the service of this host; run it as root')
  const parsed = plainName.safeParse(name)
  if (!parsed.success) throw refuse(`read --name: ${parsed.error.issues[0]?.message}`)
  if (proxyUser !== undefined && proxy === 'none') throw refuse('--proxy-user is for a proxy that --proxy names')
  if (proxyPasswordFile !== undefined && proxyUser === undefined)
    throw refuse('--proxy-password-file is for the user that --proxy-user names')
}

type Done = { readonly isConfigured: boolean; readonly isEnrolled: boolean; readonly enrolledAt: string | undefined }

function missingIn(flags: SetupFlags, { isConfigured, isEnrolled, enrolledAt }: Done): readonly Matter[] {
  const { plane, code, region, baseUrl, keyFile, connectionFile, proxyUser, proxyPasswordFile } = flags
  const isNamed = (...those: readonly unknown[]) => those.some((flag) => flag !== undefined)
  const known = [
    { matter: matters.plane, isKnown: isConfigured || isNamed(plane, enrolledAt) },
    { matter: matters.code, isKnown: isEnrolled || isNamed(code) },
    { matter: matters.region, isKnown: isConfigured || isNamed(region, baseUrl, connectionFile) },
    { matter: matters.key, isKnown: isConfigured || isNamed(keyFile, connectionFile) },
    { matter: matters.proxyPassword, isKnown: isConfigured || proxyUser === undefined || isNamed(proxyPasswordFile) },
  ]
  return known.flatMap(({ matter, isKnown }) => (isKnown ? [] : [matter]))
}

/** A host that is enrolled is known to one control plane alone, which may have moved; nobody would let it in at another. */
async function planeOf({ plane }: SetupFlags, enrolledAt: string | undefined, host: SetupHost): Promise<string> {
  const ask = (person: Person) => person.text('Address of the control plane?')
  const url = planeUrlOf(plane ?? enrolledAt ?? (await answerTo(host, { ...matters.plane, ask })))
  warnWhereMoved({ url, enrolledAt }, host)
  return url
}

async function codeOf({ code }: SetupFlags, host: SetupHost): Promise<string> {
  const ask = (person: Person) => person.hidden('One-time code? It is not shown.')
  return await readCode(code ?? (await answerTo(host, { ...matters.code, ask })), host)
}

type Enrolling = {
  readonly flags: SetupFlags
  readonly paths: SetupPaths
  readonly prepared: Prepared
  /** Undefined where this host is enrolled. */
  readonly code: string | undefined
  readonly checked: Checked
}

async function enrolOnce({ flags, paths, prepared, code, checked }: Enrolling, host: SetupHost): Promise<void> {
  if (code === undefined) {
    const { agent, replica } = await openIdentityFile(paths.state).read()
    const unused = flags.code === undefined ? '' : '; the code was not used'
    checked.push(`this host was enrolled already, as replica ${replica} of agent ${agent}${unused}`)
    return
  }
  const said: string[] = []
  const quiet: Host = { ...host, print: (line) => void said.push(line) }
  const { url, way } = prepared
  const { configuration: config, state } = paths
  await enrol({ config, state, plane: url, code, ...(way === undefined ? {} : { way }) }, quiet)
  checked.push(...said)
}
