// The credentials that a configuration names, each by the name that people give to the `token` commands.

import { SallyportError } from '@sallyport/protocol'
import { type Configuration, type Connection, loadConfiguration } from '../../configuration/configuration.ts'
import type { Credential } from '../../configuration/credential.ts'
import { refuseUnsafeProcess } from '../../configuration/refuse-unsafe-process.ts'
import { isPut, systemFiles } from '../../ports/files.ts'
import type { Host } from '../host.ts'
import { findPaths, type PathFlags, type Paths } from '../paths.ts'

export type NamedCredential = {
  /** `main`, or `main.writer`. */
  readonly name: string
  readonly connection: string
  readonly settings: Credential
  readonly of: Connection
}

export type CredentialSettings = {
  readonly paths: Paths
  readonly configuration: Configuration
  /** In the order of the configuration. */
  readonly credentials: readonly NamedCredential[]
}

/** Throws `configuration_invalid`. */
export async function readCredentialSettings(flags: PathFlags, host: Host): Promise<CredentialSettings> {
  refuseUnsafeProcess(host)
  const paths = findPaths(flags, host.environment, isPut)
  const configuration = await loadConfiguration(paths.configuration, systemFiles)
  const credentials = Object.entries(configuration.connections).flatMap(([connection, of]) => [
    { name: connection, connection, settings: of.credential, of },
    ...(of.writer === undefined ? [] : [{ name: `${connection}.writer`, connection, settings: of.writer, of }]),
  ])
  return { paths, configuration, credentials }
}

/** Throws `connection_unknown`, which says what there is. */
export function findCredential({ credentials, paths }: CredentialSettings, name: string): NamedCredential {
  const found = credentials.find((one) => one.name === name)
  if (found !== undefined) return found
  const names = credentials.map((one) => one.name).join(', ')
  throw new SallyportError(
    'connection_unknown',
    `find the credential: there is no "${name}" in ${paths.configuration}; there are: ${names}`,
  )
}
