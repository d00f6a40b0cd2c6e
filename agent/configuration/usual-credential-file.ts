// Where setup puts a secret that the unit gives to the service.

import { existsSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import type { SecretSource } from '../vault/secret-source.ts'

/** Undefined where it is not there, and elsewhere then, or systemd has nothing to do with the source. */
export function usualCredentialFile(
  source: SecretSource,
  { configuration }: { readonly configuration: string },
): string | undefined {
  if (!('systemd' in source)) return undefined
  const path = join(dirname(resolve(configuration)), 'credentials', source.systemd)
  return existsSync(path) ? path : undefined
}
