// The key of the hashes that are sent instead of members of rows: `fields.key` in the state directory, drawn when it is first
// needed. Replicas that shall hash alike are given copies of one file.

import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { systemCode } from '../ports/files.ts'
import type { Random } from '../ports/random.ts'

const keyBytes = 32

/** Throws `policy_invalid` where it can neither be read nor made, and then nothing that is to be hashed may be sent. */
export function readFieldKey(stateDirectory: string, random: Pick<Random, 'bytes'>): Uint8Array {
  const path = join(stateDirectory, 'fields.key')
  try {
    const found = readOrMake(path, random)
    if (found.length === keyBytes) return found
  } catch (cause) {
    throw unusable(path, systemCode(cause) ?? 'it failed', cause)
  }
  throw unusable(path, `it is not ${keyBytes} bytes long`)
}

function readOrMake(path: string, random: Pick<Random, 'bytes'>): Uint8Array {
  try {
    return readFileSync(path)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
    const bytes = random.bytes(keyBytes)
    writeFileSync(path, bytes, { mode: 0o600, flag: 'wx', flush: true })
    return bytes
  }
}

function unusable(path: string, why: string, cause?: unknown): SallyportError {
  const message = `read the key for hashed fields ${path}: ${why}. Let the service read it, or move it away for a new one.`
  return new SallyportError('policy_invalid', message, cause === undefined ? {} : { cause })
}
