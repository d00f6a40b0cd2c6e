// The text of a secret that lies in a file of its own, or in one that systemd made of a credential: read, bounded, and only
// where nobody else on the host can read it too.

import { isAbsolute, join } from 'node:path'
import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { type FileRead, type Files, systemCode } from '../ports/files.ts'

/** Longer than any key or client secret, and shorter than a file that was named by mistake and is worth holding in memory. */
export const secretLimitBytes = 16 * 1024

/**
 * systemd opens a credential to the user of the service by an access list, whose mask shows as the bits of the group. What a
 * container mounts is closed by the container, and there only writers are strangers.
 */
const forbiddenBits = { file: 0o077, mount: 0o022, credential: 0o007 } as const
type Kind = keyof typeof forbiddenBits

const ofAgent = 'run this as the user of the agent, who has to own the file'
const ownerToBe = {
  file: ofAgent,
  mount: 'let the user of the agent read it where it is mounted from; that of the image is 10001',
  credential: ofAgent,
} as const

type Place = {
  readonly path: string
  readonly kind: Kind
  /** Read where there is no file at `path`. */
  readonly otherwise?: string
}

/** Rejects with `secret_missing`, `secret_unreadable` or `secret_invalid`, whose messages begin with `doing`. */
export async function readSecretFile({ path, kind, otherwise }: Place, files: Files, doing: string): Promise<string> {
  const readFirst = files.read(path, secretLimitBytes).catch((error: unknown) => {
    if (otherwise === undefined || systemCode(error) !== 'ENOENT') throw error
    return files.read(otherwise, secretLimitBytes)
  })
  const read = await readFirst.catch((cause: unknown) => {
    if (systemCode(cause) === 'ENOENT') {
      throw new SallyportError('secret_missing', `${doing}: there is no such file; write the secret into it`, { cause })
    }
    const why = systemCode(cause) ?? 'it cannot be read'
    throw new SallyportError('secret_unreadable', `${doing}: ${why}; ${ownerToBe[kind]}`, { cause })
  })
  return checkedText(read, { path, kind }, doing)
}

/**
 * The file that systemd made of the credential `name`, in the directory that it names to the service: from a directive of its own, or
 * from the directory that our unit loads under the name `credentials` (systemd.exec(5), LoadCredential=).
 */
export function credentialPlace(
  name: string,
  environment: Readonly<Record<string, string | undefined>>,
  doing: string,
): Place {
  const directory = environment.CREDENTIALS_DIRECTORY
  if (directory !== undefined && isAbsolute(directory)) {
    return { path: join(directory, name), otherwise: join(directory, `credentials_${name}`), kind: 'credential' }
  }
  throw new SallyportError(
    'secret_missing',
    `${doing}: this process was given no credentials (CREDENTIALS_DIRECTORY is not set); run the agent as a systemd service with LoadCredential=${name}:FILE, other commands as root, or name another source`,
  )
}

function checkedText(read: FileRead, { path, kind }: Pick<Place, 'path' | 'kind'>, doing: string): string {
  const refused = (why: string) => new SallyportError('secret_unreadable', `${doing}: ${why}`)
  if (read.kind === 'other') throw refused('it is not a regular file; name a file that holds the secret')
  if ((read.mode & forbiddenBits[kind]) !== 0) {
    const mode = read.mode.toString(8).padStart(4, '0')
    const mount = kind === 'mount' ? '' : ' (for a secret that a container mounts: sharedMount: true)'
    throw refused(`its mode ${mode} gives it to others on this host; run: chmod 600 ${path}${mount}`)
  }
  if (kind === 'file' && read.isForeign) {
    throw refused(
      `it belongs to another user, who can read and change it; it has to be the file of the user of the agent, or of root. Run this as that user, or chown it`,
    )
  }
  if (read.whole) return new TextDecoder('utf-8', { ignoreBOM: true }).decode(read.bytes)
  throw new SallyportError('secret_invalid', `${doing}: it is over ${secretLimitBytes} bytes, which no secret is`)
}
