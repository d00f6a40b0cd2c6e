// A small file that a command was given, as text.

import { resolve } from 'node:path'
import { SallyportError } from '@sallyport/protocol'
import { systemCode, systemFiles } from '../ports/files.ts'
import { secretLimitBytes } from '../vault/read-secret-file.ts'

/** Throws `secret_unreadable` or `secret_invalid`, which do not repeat what is in it. */
export async function readTextFile(path: string): Promise<string> {
  const read = await systemFiles.read(resolve(path), secretLimitBytes).catch((cause: unknown) => {
    throw new SallyportError('secret_unreadable', `read ${path}: ${systemCode(cause) ?? 'it cannot be read'}`, {
      cause,
    })
  })
  if (read.kind === 'file' && read.whole) return new TextDecoder('utf-8', { ignoreBOM: true }).decode(read.bytes)
  throw new SallyportError('secret_invalid', `read ${path}: it is no file that holds a secret alone`)
}
