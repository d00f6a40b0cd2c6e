// What a command sees that reads secrets as the service does: root can read what systemd gave the service that runs, or what it will
// give it when it starts, and the command itself is given nothing.

import { accessSync, constants } from 'node:fs'
import { credentialsFolder } from '../configuration/credentials-folder.ts'
import type { Host } from './host.ts'
import type { Paths } from './paths.ts'

type ServiceHost = Pick<Host, 'environment' | 'credentialsOfService'>

export function serviceEnvironment(
  { environment, credentialsOfService }: ServiceHost,
  paths: Pick<Paths, 'configuration'>,
): Host['environment'] {
  const directory = [credentialsOfService, credentialsFolder(paths)].find(isReadable)
  return directory === undefined ? environment : { CREDENTIALS_DIRECTORY: directory, ...environment }
}

/** That of a service that runs is there for everybody to see, and for root to open. */
function isReadable(directory: string | undefined): boolean {
  try {
    if (directory === undefined) return false
    accessSync(directory, constants.R_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}
