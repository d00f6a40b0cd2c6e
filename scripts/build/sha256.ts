// The hash by which files of a release are named.

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'

/** Of a whole file; in hexadecimal. */
export async function sha256Of(path: string): Promise<string> {
  return sha256(await readFile(path))
}

/** In hexadecimal. */
export function sha256(bytes: Uint8Array | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}
