// Reads a secret from its source and cleans it. It neither keeps the secret nor watches the source.

import { SallyportError } from '@sallyport/protocol/sallyport-error'
import type { Clock } from '../ports/clock.ts'
import type { Files } from '../ports/files.ts'
import { type CleanSecret, cleanSecret, type SecretFlaw } from './clean-secret.ts'
import { shortSecretLength } from './leak-guard.ts'
import type { KeychainHost } from './read-keychain.ts'
import { credentialPlace, readSecretFile } from './read-secret-file.ts'
import { openSecret, type Secret } from './secret.ts'
import { placeOf, type SecretSource } from './secret-source.ts'

export type SecretHost = {
  readonly files: Files
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Pick<Clock, 'after'>
  readonly loadKeychain?: KeychainHost['loadKeychain']
}

export type SecretReading = SecretHost & {
  readonly connection: string
  /** What it is, for messages. Default: the secret of the connection. */
  readonly what?: string | undefined
  readonly source: SecretSource
}

export type ReadSecret = {
  readonly secret: Secret
  /** Sentences for the log: what was stripped, and what is unwise about the source. */
  readonly notes: readonly string[]
}

const flaws: Readonly<Record<SecretFlaw, string>> = {
  empty: 'there is nothing in it; put the secret there',
  'white space inside': 'there is white space inside the secret: these may be two values; put the secret there, alone',
  'control character': 'there are control characters inside the secret; save it as plain UTF-8 text',
  'not ASCII':
    'there are characters inside the secret that are not ASCII, which no JumpCloud secret has; copy it again',
}

/**
 * The secret of a connection, cleaned. Throws `secret_missing` where the source holds none, `secret_unreadable` where it
 * cannot be read or others on the host can read it too, `secret_invalid` where it is not in a form that can be sent.
 */
export async function readSecret({ connection, what, source, ...host }: SecretReading): Promise<ReadSecret> {
  const doing = `read ${what ?? `the secret of connection ${connection}`} from ${placeOf(source)}`
  const clean = cleanSecret(await textFrom(source, host, doing))
  if (!clean.ok) {
    const code = clean.flaw === 'empty' ? 'secret_missing' : 'secret_invalid'
    throw new SallyportError(code, `${doing}: ${flaws[clean.flaw]}`)
  }
  return { secret: clean.secret, notes: notesOn(clean, source).map((note) => `${doing}: ${note}`) }
}

async function textFrom(source: SecretSource, host: SecretHost, doing: string): Promise<string> {
  const { files, environment } = host
  if ('systemd' in source)
    return await readSecretFile(credentialPlace(source.systemd, environment, doing), files, doing)
  if ('file' in source) {
    return await readSecretFile({ path: source.file, kind: source.sharedMount ? 'mount' : 'file' }, files, doing)
  }
  // What most agents never use is loaded where it is used.
  if ('keychain' in source) {
    const { readKeychain } = await import('./read-keychain.ts')
    return await readKeychain(source.keychain, host, doing)
  }
  if ('exec' in source) {
    const { runSecretProgram } = await import('./run-secret-program.ts')
    const end = await runSecretProgram(source.exec, host)
    if (end.ok) return end.text
    throw new SallyportError('secret_unreadable', `${doing}: ${end.why}`)
  }
  const text = environment[source.env]
  if (text === undefined) throw new SallyportError('secret_missing', `${doing}: it is not set; put the secret there`)
  return text
}

function notesOn(clean: CleanSecret & { readonly ok: true }, source: SecretSource): string[] {
  const notes: string[] = []
  if (clean.stripped.length > 0) notes.push(`stripped around or inside it: ${clean.stripped.join(', ')}`)
  if ('env' in source) {
    notes.push('an environment variable is for trying things out: other processes can read it; use a file in service')
  }
  if (openSecret(clean.secret).length < shortSecretLength) {
    notes.push(`it is under ${shortSecretLength} characters, too short to be looked for in anything but the log`)
  }
  return notes
}
