// Puts a secret into a file of its own: the old one or the new one, whenever the power fails, and never open to others.

import { writeDurably } from '../identity/durable-file.ts'
import { openSecret, type Secret } from './secret.ts'

/** Mode 0600. Rejects with the error of the system. */
export async function keepSecret(path: string, secret: Secret): Promise<void> {
  await writeDurably(path, openSecret(secret))
}
