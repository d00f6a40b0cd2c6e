// The command `token test`: does JumpCloud take this credential, whose is it, and what can it do? It asks as the agent would, by
// the same way, and changes nothing.

import { SallyportError } from '@sallyport/protocol'
import { jobEffects } from '../../policy/job-effects.ts'
import { loadPolicy, type Policy } from '../../policy/policy.ts'
import { systemClock } from '../../ports/clock.ts'
import { filesOfAgent } from '../../ports/files.ts'
import { readSecret } from '../../vault/read-secret.ts'
import type { Host } from '../host.ts'
import type { PathFlags } from '../paths.ts'
import { serviceEnvironment } from '../service-environment.ts'
import { reportOn } from './credential-report.ts'
import {
  type CredentialSettings,
  findCredential,
  type NamedCredential,
  readCredentialSettings,
} from './named-credentials.ts'
import { reportLines, type TokenReport } from './token-report.ts'

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
  const location = { path: paths.policy, files: filesOfAgent(paths.state), jobs: jobEffects(), connections }
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
  const environment = serviceEnvironment(host, settings.paths)
  const files = filesOfAgent(settings.paths.state)
  const { secret, notes } = await readSecret({
    ...{ connection: named.name, source: named.settings.source },
    ...{ files, environment, clock: systemClock },
  })
  for (const note of notes) host.complain(note)
  return await reportOn({ named, secret }, { settings, policy, files }, { ...host, environment })
}
