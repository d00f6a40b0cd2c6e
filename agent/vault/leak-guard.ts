// Knows every secret of the process in its listed encodings, and says whether a text that is about to leave holds one. It
// catches accidents and echoes in one piece, not malicious code; what is done about a hit is decided where the text leaves.

import { createSearch, type Search } from './search.ts'
import { openSecret, type Secret } from './secret.ts'
import { encodingsOf, type SecretEncoding } from './secret-encodings.ts'

/** `frame`: whatever leaves the host, and answers of commands. `log`: what stays, where a chance hit costs a line and not a run. */
export type WayOut = 'frame' | 'log'

/** Which secret it was, by the name it was protected under, and in which form. Never the text. */
export type LeakHit = { readonly name: string; readonly encoding: SecretEncoding }

export type LeakGuard = {
  /** Watches for the secret from now on. During a swap the old and the new one are both protected. */
  protect(secret: Secret, name: string): void
  /** Stops watching for a secret that opens nothing any more. */
  forget(secret: Secret): void
  contains(text: string, wayOut: WayOut): LeakHit | undefined
}

/** Secrets shorter than this would be found by chance in customers' data, so frames are not searched for them. */
export const shortSecretLength = 16

type Needle = LeakHit & { readonly text: string }

export function createLeakGuard(): LeakGuard {
  const bySecret = new Map<Secret, readonly Needle[]>()
  let searches: Readonly<Record<WayOut, Search<Needle>>> = { frame: () => undefined, log: () => undefined }

  const rebuild = () => {
    const long = [...bySecret].filter(([secret]) => openSecret(secret).length >= shortSecretLength)
    searches = {
      frame: createSearch(distinct(long.flatMap(([, own]) => own))),
      log: createSearch(distinct([...bySecret.values()].flat())),
    }
  }
  return {
    protect: (secret, name) => {
      bySecret.set(secret, needlesFor(secret, name))
      rebuild()
    },
    forget: (secret) => {
      bySecret.delete(secret)
      rebuild()
    },
    contains: (text, wayOut) => {
      const hit = searches[wayOut](text)
      return hit && { name: hit.name, encoding: hit.encoding }
    },
  }
}

function needlesFor(secret: Secret, name: string): Needle[] {
  return encodingsOf(openSecret(secret)).map(({ encoding, text }) => ({ name, encoding, text }))
}

/** One search per text: most encodings of a key of letters and digits are the key itself. */
function distinct(needles: readonly Needle[]): Needle[] {
  const seen = new Set<string>()
  return needles.filter(({ text }) => !seen.has(text) && seen.add(text))
}
