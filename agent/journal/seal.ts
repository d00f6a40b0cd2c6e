// Encryption at rest: what lies in the journal's file is closed, and bound to the place where it lies.

import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  createSecretKey,
  hkdfSync,
  type KeyObject,
} from 'node:crypto'
import type { Random } from '../ports/random.ts'
import { JournalCorruptError } from './journal-error.ts'

/** Whose it is, what it is, and which one: a blob that was moved to another place does not open. */
export type Place = {
  readonly run: string
  readonly kind: 'order' | 'rows' | 'progress' | 'target' | 'row' | 'answer' | 'key_check'
  /** The number of a page, or the mark of an intent. */
  readonly seq?: number | string
}

export type Seal = {
  close(place: Place, text: string): Uint8Array
  /** Throws `JournalCorruptError` where the bytes, the place or the key are not those of `close`. */
  open(place: Place, blob: Uint8Array): string
  /** Names a target without telling it: the same for the same run, target and key. */
  mark(run: string, target: string): Uint8Array
}

export const keyBytes = 32
const hashBytes = 32
const cipher = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

/** A blob is nonce, tag and ciphertext. Random nonces of 96 bits are safe for 2^32 blobs, which is a century of busy days. */
export function createSeal(key: Uint8Array, random: Pick<Random, 'bytes'>): Seal {
  const blobKey = derive(key, 'blobs')
  const markKey = derive(key, 'marks')
  return {
    close: (place, text) => {
      const nonce = random.bytes(nonceBytes)
      const closing = createCipheriv(cipher, blobKey, nonce, { authTagLength: tagBytes })
      closing.setAAD(boundTo(place))
      const body = closing.update(text, 'utf8')
      closing.final()
      return Buffer.concat([nonce, closing.getAuthTag(), body])
    },
    open: (place, blob) => {
      try {
        const opening = createDecipheriv(cipher, blobKey, blob.subarray(0, nonceBytes), { authTagLength: tagBytes })
        opening.setAAD(boundTo(place))
        opening.setAuthTag(blob.subarray(nonceBytes, nonceBytes + tagBytes))
        const text = opening.update(blob.subarray(nonceBytes + tagBytes), undefined, 'utf8')
        return text + opening.final('utf8')
      } catch (cause) {
        throw new JournalCorruptError(`the ${place.kind} of a run does not open`, { cause })
      }
    },
    mark: (run, target) =>
      createHmac('sha256', markKey)
        .update(JSON.stringify([run, target]))
        .digest(),
  }
}

const checkPlace: Place = { run: '', kind: 'key_check' }

/** A blob that tells later whether it is the same key. It carries its own hash, so that a damaged one is told from a wrong key. */
export function closeKeyCheck(seal: Seal): Uint8Array {
  const blob = seal.close(checkPlace, 'sallyport journal')
  return Buffer.concat([createHash('sha256').update(blob).digest(), blob])
}

/** Throws `JournalCorruptError` where the check itself is damaged. */
export function isSameKey(seal: Seal, check: Uint8Array): boolean {
  const hash = createHash('sha256').update(check.subarray(hashBytes)).digest()
  if (!hash.equals(check.subarray(0, hashBytes))) throw new JournalCorruptError('its key check is damaged')
  try {
    seal.open(checkPlace, check.subarray(hashBytes))
    return true
  } catch {
    return false
  }
}

function boundTo({ run, kind, seq }: Place): Uint8Array {
  return Buffer.from(JSON.stringify([kind, run, seq ?? null]))
}

/** As an object, because bytes would be read as a key anew for each blob, which costs more than closing a small one. */
function derive(key: Uint8Array, use: string): KeyObject {
  return createSecretKey(new Uint8Array(hkdfSync('sha256', key, '', `sallyport journal ${use}`, keyBytes)))
}
