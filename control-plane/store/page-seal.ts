// Encryption of pages at rest: what lies in the store is closed, and bound to the place where it lies. The agent closes its journal
// in the same way by code of its own: neither end imports the other, and the protocol holds no chance.

import { createCipheriv, createDecipheriv, createSecretKey, hkdfSync } from 'node:crypto'
import { SallyportError } from '@sallyport/protocol'
import type { Random } from '../ports/random.ts'
import type { Page } from '../runs/run.ts'

export type PagePlace = Pick<Page, 'run' | 'attempt' | 'seq'>

export type PageSeal = {
  close(place: PagePlace, text: string): Uint8Array
  /** Throws `configuration_invalid` where the bytes, the place or the key are not those of `close`. */
  open(place: PagePlace, blob: Uint8Array): string
}

export const pagesKeyBytes = 32
const cipher = 'aes-256-gcm'
const nonceBytes = 12
const tagBytes = 16

/** A blob is nonce, tag and ciphertext. Random nonces of 96 bits are safe for 2^32 pages. */
export function createPageSeal(key: Uint8Array, random: Pick<Random, 'bytes'>): PageSeal {
  const derived = hkdfSync('sha256', key, '', 'sallyport control-plane pages', pagesKeyBytes)
  const pageKey = createSecretKey(new Uint8Array(derived))
  return {
    close: (place, text) => {
      const nonce = random.bytes(nonceBytes)
      const closing = createCipheriv(cipher, pageKey, nonce, { authTagLength: tagBytes })
      closing.setAAD(boundTo(place))
      const body = closing.update(text, 'utf8')
      closing.final()
      return Buffer.concat([nonce, closing.getAuthTag(), body])
    },
    open: (place, blob) => {
      try {
        const opening = createDecipheriv(cipher, pageKey, blob.subarray(0, nonceBytes), { authTagLength: tagBytes })
        opening.setAAD(boundTo(place))
        opening.setAuthTag(blob.subarray(nonceBytes, nonceBytes + tagBytes))
        const text = opening.update(blob.subarray(nonceBytes + tagBytes), undefined, 'utf8')
        return text + opening.final('utf8')
      } catch (cause) {
        const message = `open page ${place.seq} of run ${place.run}: it is damaged, or was closed with another key. Restore pages.key, and the store that belongs to it, from a back-up.`
        throw new SallyportError('configuration_invalid', message, { cause })
      }
    },
  }
}

function boundTo({ run, attempt, seq }: PagePlace): Uint8Array {
  return Buffer.from(JSON.stringify([run, attempt, seq]))
}
