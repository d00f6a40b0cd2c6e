// Gets the text of a settings file off the disk. What it means is `parse-settings`.

import type { ErrorCode } from '@sallyport/protocol/error-codes'
import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { type FileRead, type Files, systemCode } from '../ports/files.ts'

export type SettingsFile = {
  readonly path: string
  readonly files: Files
  /** Completes "read the …": `configuration`, `policy`. */
  readonly what: string
  readonly code: ErrorCode
}

/** Thousands of connections fit; a file that is named by mistake does not fill the memory. */
const fileLimitBytes = 1024 * 1024

/** The text, byte order mark included, so that its digest is that of the file. Throws the given code. */
export async function readSettingsText({ path, files, what, code }: SettingsFile): Promise<string> {
  const fail = (why: string, cause?: unknown): never => {
    throw new SallyportError(code, `read the ${what}: ${path}: ${why}`, cause === undefined ? {} : { cause })
  }
  const read = await files.read(path, fileLimitBytes).catch((cause: unknown): FileRead => {
    const system = systemCode(cause)
    if (system === 'ENOENT') return fail('there is no such file; write it, or name another', cause)
    if (system === 'EACCES') return fail('the service may not read it; let its user do so', cause)
    return fail(`it cannot be read (${system ?? 'unknown reason'})`, cause)
  })
  if (read.kind === 'other') return fail('it is not a regular file; name one')
  // A container may mount it as somebody else's, so whose it is says nothing.
  if ((read.mode & 0o002) !== 0)
    return fail(`every user of this host may write it, and so decide what it says; run: chmod o-w ${path}`)
  if (!read.whole) return fail(`it is over ${fileLimitBytes} bytes; name the right file`)
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(read.bytes)
  } catch (cause) {
    return fail('it is not UTF-8 text; save it as UTF-8', cause)
  }
}
