// The files of a host as they are when those that are about to be written are there.

import type { Files } from '../ports/files.ts'
import { openSecret, Secret } from './secret.ts'

/** `written` by path: a secret, which nobody else may read, or a text. */
export function filesWith(written: ReadonlyMap<string, Secret | string>, files: Files): Files {
  return {
    read: async (path, limitBytes) => {
      const own = written.get(path)
      if (own === undefined) return await files.read(path, limitBytes)
      const bytes = Buffer.from(own instanceof Secret ? openSecret(own) : own)
      return { kind: 'file', bytes, whole: true, mode: 0o600 }
    },
  }
}
