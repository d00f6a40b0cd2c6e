// Where setup puts a secret, and how the configuration names that.

import { join, resolve } from 'node:path'
import { credentialsFolder } from '../../configuration/credentials-folder.ts'
import type { SetupHost, SetupPaths } from './setup-host.ts'

export type PlaceOfSecret = { readonly path: string; readonly named: Readonly<Record<string, string>> }

/** The service is given it by systemd; an agent that somebody starts by themselves reads the file. */
export function placeOfSecret(name: string, paths: SetupPaths, { service }: Pick<SetupHost, 'service'>): PlaceOfSecret {
  if (service.isThere) return { path: join(credentialsFolder(paths), name), named: { systemd: name } }
  const path = join(resolve(paths.state), 'secrets', name)
  return { path, named: { file: path } }
}
