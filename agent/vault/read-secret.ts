// Reads a connection's secret from its source: a file or, for trying things out, an environment variable. It neither
// keeps the secret nor watches the source.

import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { type FileRead, type Files, systemCode } from '../ports/files.ts'
import { type CleanSecret, cleanSecret, type SecretFlaw } from './clean-secret.ts'
import { shortSecretLength } from './leak-guard.ts'
import { openSecret, type Secret } from './secret.ts'

export type SecretSource = { readonly file: string } | { readonly env: string }

export type SecretReading = {
  readonly connection: string
  /** What it is, for messages. Default: the secret of the connection. */
  readonly what?: string | undefined
  readonly source: SecretSource
  readonly files: Files
  readonly environment: Readonly<Record<string, string | undefined>>
}

export type ReadSecret = {
  readonly secret: Secret
  /** Sentences for the log: what was stripped, and what is unwise about the source. */
  readonly notes: readonly string[]
}

/** Longer than any key or client secret, and shorter than a file that was named by mistake and is worth holding in memory. */
const fileLimitBytes = 16 * 1024

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
export async function readSecret({ connection, what, source, files, environment }: SecretReading): Promise<ReadSecret> {
  const where = 'file' in source ? `file ${source.file}` : `environment variable ${source.env}`
  const doing = `read ${what ?? `the secret of connection ${connection}`} from ${where}`
  const raw = 'file' in source ? await fromFile(source.file, files, doing) : environment[source.env]
  if (raw === undefined) throw new SallyportError('secret_missing', `${doing}: it is not set; put the secret there`)

  const clean = cleanSecret(raw)
  if (!clean.ok) {
    const code = clean.flaw === 'empty' ? 'secret_missing' : 'secret_invalid'
    throw new SallyportError(code, `${doing}: ${flaws[clean.flaw]}`)
  }
  return { secret: clean.secret, notes: notesOn(clean, source).map((note) => `${doing}: ${note}`) }
}

async function fromFile(path: string, files: Files, doing: string): Promise<string> {
  const read = await files.read(path, fileLimitBytes).catch((cause: unknown) => {
    if (systemCode(cause) === 'ENOENT') {
      throw new SallyportError('secret_missing', `${doing}: there is no such file; write the secret into it`, { cause })
    }
    throw new SallyportError('secret_unreadable', `${doing}: ${systemCode(cause) ?? 'it cannot be read'}`, { cause })
  })
  return checkedText(read, path, doing)
}

function checkedText(read: FileRead, path: string, doing: string): string {
  if (read.kind === 'other') {
    throw new SallyportError(
      'secret_unreadable',
      `${doing}: it is not a regular file; name a file that holds the secret`,
    )
  }
  if ((read.mode & 0o077) !== 0) {
    const mode = read.mode.toString(8).padStart(4, '0')
    const mend = `run: chmod 600 ${path} (for a secret mounted into a container, set mode 0400 on the mount)`
    throw new SallyportError('secret_unreadable', `${doing}: its mode ${mode} gives it to others on this host; ${mend}`)
  }
  if (!read.whole) {
    throw new SallyportError('secret_invalid', `${doing}: it is over ${fileLimitBytes} bytes, which no secret is`)
  }
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(read.bytes)
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
