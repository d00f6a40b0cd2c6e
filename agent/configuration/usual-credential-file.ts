// Where setup puts a secret that the unit gives to the service.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { SecretSource } from '../vault/secret-source.ts'
import { credentialsFolder } from './credentials-folder.ts'

/** Undefined where it is not there, and elsewhere then, or systemd has nothing to do with the source. */
export function usualCredentialFile(
  source: SecretSource,
  paths: { readonly configuration: string },
): string | undefined {
  if (!('systemd' in source)) return undefined
  const path = join(credentialsFolder(paths), source.systemd)
  return existsSync(path) ? path : undefined
}
