// The command `token set`: a new secret into the file that it is read from, and what has to happen then.

import { lchown, mkdir, stat } from 'node:fs/promises'
import { dirname, isAbsolute, join, resolve } from 'node:path'
import { SallyportError } from '@sallyport/protocol'
import { usualCredentialFile } from '../../configuration/usual-credential-file.ts'
import { systemCode } from '../../ports/files.ts'
import { type CleanSecret, cleanSecret } from '../../vault/clean-secret.ts'
import { keepSecret } from '../../vault/keep-secret.ts'
import { placeOf } from '../../vault/secret-source.ts'
import type { Host } from '../host.ts'
import type { PathFlags, Paths } from '../paths.ts'
import { readTextFile } from '../read-text-file.ts'
import { findCredential, type NamedCredential, readCredentialSettings } from './named-credentials.ts'

export type SetFlags = PathFlags & { readonly fromFile?: string; readonly credentialFile?: string }

/** Throws `secret_missing` or `secret_invalid` for what is no secret, and then nothing was written. */
export async function tokenSet(
  name: string,
  { fromFile, credentialFile, ...flags }: SetFlags,
  host: Host,
): Promise<void> {
  const settings = await readCredentialSettings(flags, host)
  const named = findCredential(settings, name)
  const { path, after } = destinationOf(named, { credentialFile, paths: settings.paths })
  const clean = cleanSecret(fromFile === undefined ? await host.readInput() : await readTextFile(fromFile))
  if (!clean.ok) throw flawed(name, clean)
  host.guard.protect(clean.secret, name)
  try {
    await makeDirectory(dirname(path), settings.paths.state)
    await keepSecret(path, clean.secret)
  } catch (cause) {
    throw unwritable(path, cause)
  }
  if (clean.stripped.length > 0) host.complain(`stripped around or inside it: ${clean.stripped.join(', ')}`)
  host.print(`${name}: written to ${path}. ${after}`)
}

export function refuseArgument(name: string): SallyportError {
  return new SallyportError(
    'configuration_invalid',
    `set ${name}: a secret is never taken as an argument, because the list of processes and the history of the shell show it. Pass it on standard input; if that was the key, make another at JumpCloud`,
  )
}

type Destination = { readonly path: string; readonly after: string }

type Places = { readonly credentialFile: string | undefined; readonly paths: Paths }

function destinationOf(
  { name, settings: { source } }: NamedCredential,
  { credentialFile, paths }: Places,
): Destination {
  const ofService = credentialFile ?? usualCredentialFile(source, paths)
  if (ofService !== undefined) {
    const path = resolve(ofService)
    return { path, after: 'Restart the service, which lets its runs end first: systemctl restart sallyport' }
  }
  if ('file' in source)
    return {
      path: source.file,
      after: 'No restart is needed: the agent takes it over within seconds, once JumpCloud takes it.',
    }
  const path = join(resolve(paths.state), 'secrets', name)
  if ('env' in source) {
    const key = name.endsWith('.writer') ? 'writer' : 'credential'
    return { path, after: `Now write into the configuration, and restart: ${key}: { file: ${path} }` }
  }
  const mend =
    'systemd' in source
      ? `run it as root, who sees where setup put it, or name the file of LoadCredential=${source.systemd}: by --credential-file`
      : 'change it there, and the agent reads it'
  throw new SallyportError('configuration_invalid', `set ${name}: its secret comes from ${placeOf(source)}; ${mend}`)
}

function flawed(name: string, { flaw }: CleanSecret & { readonly ok: false }): SallyportError {
  const code = flaw === 'empty' ? 'secret_missing' : 'secret_invalid'
  return new SallyportError(code, `set ${name}: what was given is no secret (${flaw}); nothing was written`)
}

function unwritable(path: string, cause: unknown): SallyportError {
  const why = systemCode(cause) ?? 'it cannot be written'
  return new SallyportError(
    'secret_unreadable',
    `write ${path}: ${why}. Run it as the user of the agent, or as root; what was there is unchanged`,
    { cause },
  )
}

/** Only a directory of ours is made. */
async function makeDirectory(directory: string, state: string): Promise<void> {
  if (directory !== join(resolve(state), 'secrets') || !isAbsolute(directory)) return
  const made = await mkdir(directory, { recursive: true, mode: 0o700 })
  if (made === undefined || process.getuid?.() !== 0) return
  // Root makes it, and the user of the service, who may have put a link in its place by now, reads what is in it.
  const { uid, gid } = await stat(resolve(state))
  await lchown(directory, uid, gid)
}
