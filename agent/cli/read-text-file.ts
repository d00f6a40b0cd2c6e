// A small file that a command was given, as text.

import { resolve } from 'node:path'
import { SallyportError } from '@sallyport/protocol'
import { systemCode, systemFiles } from '../ports/files.ts'
import { secretLimitBytes } from '../vault/read-secret-file.ts'

const sentences: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file; name the right one',
  EACCES: 'this user may not read it; run this as one who may, such as root',
}

/** Throws `secret_unreadable` or `secret_invalid`, which do not repeat what is in it. */
export async function readTextFile(path: string): Promise<string> {
  const read = await systemFiles.read(resolve(path), secretLimitBytes).catch((cause: unknown) => {
    const system = systemCode(cause) ?? ''
    const why = sentences[system] ?? `it cannot be read (${system})`
    throw new SallyportError('secret_unreadable', `read ${path}: ${why}`, { cause })
  })
  if (read.kind === 'file' && read.whole) return new TextDecoder('utf-8', { ignoreBOM: true }).decode(read.bytes)
  throw new SallyportError(
    'secret_invalid',
    `read ${path}: it is no file that holds a secret alone; name the right one`,
  )
}
