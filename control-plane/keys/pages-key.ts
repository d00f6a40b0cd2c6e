// The key that closes pages at rest: a file beside the store, made on the first start. It protects copies of the store that are
// kept without it.

import { open, readFile } from 'node:fs/promises'
import { SallyportError } from '@sallyport/protocol'
import type { Random } from '../ports/random.ts'
import { pagesKeyBytes } from '../store/page-seal.ts'

/** 32 bytes, 0600. Throws `configuration_invalid` naming the file. */
export async function readOrMakePagesKey(path: string, random: Random): Promise<Uint8Array> {
  try {
    // Exclusive: of two processes that start together, one makes the key and the other reads it.
    await using handle = await open(path, 'wx', 0o600)
    const key = random.bytes(pagesKeyBytes)
    await handle.writeFile(key)
    await handle.sync()
    return key
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST'))
      throw broken(path, 'it cannot be made', cause)
  }
  const key = await readFile(path).catch((cause: unknown) => {
    throw broken(path, 'it cannot be read', cause)
  })
  if (key.length !== pagesKeyBytes) throw broken(path, `it is ${key.length} bytes long, and a key has ${pagesKeyBytes}`)
  return key
}

function broken(path: string, why: string, cause?: unknown): SallyportError {
  const message = `load the key of pages ${path}: ${why}. Restore it from a back-up: without it no stored page can be read.`
  return new SallyportError('configuration_invalid', message, { cause })
}
