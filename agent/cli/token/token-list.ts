// The command `token list`: what there is to know of each credential without asking JumpCloud. The running agent is not asked.

import { stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { SallyportError } from '@sallyport/protocol'
import { usualCredentialFile } from '../../configuration/usual-credential-file.ts'
import { writeDurably } from '../../identity/durable-file.ts'
import { systemClock } from '../../ports/clock.ts'
import { filesOfAgent, systemCode, systemFiles } from '../../ports/files.ts'
import { systemRandom } from '../../ports/random.ts'
import { fingerprintOf } from '../../vault/fingerprint.ts'
import { readSecret } from '../../vault/read-secret.ts'
import { placeOf, type SecretSource } from '../../vault/secret-source.ts'
import type { Host } from '../host.ts'
import type { PathFlags, Paths } from '../paths.ts'
import { serviceEnvironment } from '../service-environment.ts'
import { type NamedCredential, readCredentialSettings } from './named-credentials.ts'

export type ListFlags = PathFlags & { readonly json?: boolean }

type Listed = {
  readonly name: string
  readonly kind: string
  readonly source: string
  /** `readable`, or the code of what is wrong. */
  readonly state: string
  readonly problem: string | null
  readonly fingerprint: string | null
  /** When the file was written, of a service the one that its unit names; null for other sources. */
  readonly writtenAt: string | null
  readonly expiresAt: string | null
}

export async function tokenList({ json, ...flags }: ListFlags, host: Host): Promise<void> {
  const { credentials, paths } = await readCredentialSettings(flags, host)
  const key = await fingerprintKey(paths.state)
  const listed = await Promise.all(credentials.map((one) => describe(one, { key, paths }, host)))
  if (json) return host.print(JSON.stringify({ credentials: listed }))
  for (const one of listed) for (const line of asText(one)) host.print(line)
}

async function describe(
  { name, settings }: NamedCredential,
  { key, paths }: { readonly key: Uint8Array; readonly paths: Paths },
  host: Host,
): Promise<Listed> {
  const { kind, source, expiresAt } = settings
  const environment = serviceEnvironment(host, paths)
  const facts = {
    ...{ name, kind, source: placeOf(source), writtenAt: await writtenAt(source, paths) },
    expiresAt: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
  }
  const reading = { connection: name, source, files: filesOfAgent(paths.state), environment, clock: systemClock }
  try {
    const { secret } = await readSecret(reading)
    host.guard.protect(secret, name)
    return { ...facts, state: 'readable', problem: null, fingerprint: fingerprintOf(secret, key) }
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error
    return { ...facts, state: error.code, problem: error.message, fingerprint: null }
  }
}

async function writtenAt(source: SecretSource, paths: Paths): Promise<string | null> {
  const file = 'file' in source ? source.file : usualCredentialFile(source, paths)
  if (file === undefined) return null
  return await stat(file).then(
    ({ mtime }) => mtime.toISOString(),
    () => null,
  )
}

function asText({ name, kind, source, state, problem, fingerprint, ...dates }: Listed): readonly string[] {
  const days = (at: string) => Math.floor((Date.now() - Date.parse(at)) / (24 * 60 * 60 * 1000))
  const age = dates.writtenAt === null ? [] : [`${days(dates.writtenAt)} days old`]
  const end = dates.expiresAt === null ? ['no expiry recorded'] : [`ends ${dates.expiresAt}`]
  const mark = fingerprint === null ? [] : [`fingerprint ${fingerprint}`]
  const first = `${name}: ${[state, kind, source, ...age, ...end, ...mark].join(', ')}`
  return problem === null ? [first] : [first, `  ${problem}`]
}

const keyBytes = 32

/** Made on first use; without it nobody can try secrets against a fingerprint. */
async function fingerprintKey(state: string): Promise<Uint8Array> {
  const path = join(resolve(state), 'fingerprint.key')
  const read = await systemFiles.read(path, keyBytes).catch(() => undefined)
  if (read?.kind === 'file' && read.bytes.length === keyBytes) return read.bytes
  const key = systemRandom.bytes(keyBytes)
  await writeDurably(path, key).catch((cause: unknown) => {
    const why = systemCode(cause) ?? 'it cannot be written'
    const mend = why === 'ENOSPC' ? 'Make room on its disk' : 'Run it as the user of the agent, or as root'
    throw new SallyportError('configuration_invalid', `write ${path}: ${why}. ${mend}.`, { cause })
  })
  return key
}
