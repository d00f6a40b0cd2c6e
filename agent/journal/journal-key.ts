// The key that closes what lies in the journal: a systemd credential, else a file of the state directory, which protects
// copies of the journal alone. Using it is the seal's work.

import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { writeDurably } from '../identity/durable-file.ts'
import { type Files, systemCode } from '../ports/files.ts'
import type { Random } from '../ports/random.ts'
import { journalPaths } from './journal-paths.ts'
import { keyBytes } from './seal.ts'

export type JournalKey = {
  readonly bytes: Uint8Array
  readonly source: 'credential' | 'file'
  /** For messages. */
  readonly path: string
}

export type JournalKeyOptions = {
  readonly stateDirectory: string
  /** What systemd calls `CREDENTIALS_DIRECTORY`. */
  readonly credentialsDirectory: string | undefined
  readonly files: Files
  readonly random: Pick<Random, 'bytes'>
}

/** systemd opens a credential to the user of the service by an access list, whose mask shows as the bits of the group. */
const forbiddenBits = { credential: 0o007, file: 0o077 } as const

/**
 * The key: the credential `journal-key` where there is one, else `journal.key`, which is made on first use. Throws
 * `configuration_invalid` for a key that is not 32 bytes, is open to others, or is missing beside a journal that needs it,
 * `journal_unavailable` where a new one cannot be written.
 */
export async function readJournalKey(options: JournalKeyOptions): Promise<JournalKey> {
  const { stateDirectory, credentialsDirectory, files, random } = options
  const { key: path, database } = journalPaths(stateDirectory)
  const credentialPath = credentialsDirectory && join(credentialsDirectory, 'journal-key')
  const credential = credentialPath && (await readKey(credentialPath, 'credential', files))
  if (credential) return credential
  const kept = await readKey(path, 'file', files)
  if (kept) return kept

  if (await isThere(database)) {
    throw invalid(
      path,
      `it is missing, and the journal ${database} cannot be read without it. Restore the key (or the systemd credential journal-key); without it, move the journal away: what was under way is then lost`,
    )
  }
  const bytes = random.bytes(keyBytes)
  await writeDurably(path, bytes).catch((cause: unknown) => {
    const why = systemCode(cause) ?? 'it cannot be written'
    const mend = 'The state directory must be there, belong to the user that the agent runs as, and have room.'
    throw new SallyportError('journal_unavailable', `write the journal key ${path}: ${why}. ${mend}`, { cause })
  })
  return { bytes, source: 'file', path }
}

async function readKey(path: string, source: JournalKey['source'], files: Files): Promise<JournalKey | undefined> {
  const read = await files.read(path, keyBytes).catch((cause: unknown) => {
    if (systemCode(cause) === 'ENOENT') return undefined
    throw invalid(path, `${systemCode(cause) ?? 'it cannot be read'}`, cause)
  })
  if (read === undefined) return undefined
  if (read.kind === 'other') throw invalid(path, 'it is not a regular file')
  if ((read.mode & forbiddenBits[source]) !== 0) {
    const mode = read.mode.toString(8).padStart(4, '0')
    throw invalid(path, `its mode ${mode} gives it to others on this host; run: chmod 600 ${path}`)
  }
  if (!read.whole || read.bytes.length !== keyBytes) {
    throw invalid(path, `it is not ${keyBytes} bytes long; restore the file, it was not made by this agent`)
  }
  return { bytes: read.bytes, source, path }
}

function invalid(path: string, why: string, cause?: unknown): SallyportError {
  return new SallyportError('configuration_invalid', `read the journal key ${path}: ${why}`, { cause })
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
