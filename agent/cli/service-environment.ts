// What a command sees that reads secrets as the service does: where systemd runs the service, root can read what that was given,
// and the command itself is given nothing.

import { accessSync, constants } from 'node:fs'
import type { Host } from './host.ts'

export function serviceEnvironment({
  environment,
  credentialsOfService: directory,
}: Pick<Host, 'environment' | 'credentialsOfService'>): Host['environment'] {
  if (directory === undefined || !isReadable(directory)) return environment
  return { CREDENTIALS_DIRECTORY: directory, ...environment }
}

/** It is there for everybody to see while the service runs, and for root to open. */
function isReadable(directory: string): boolean {
  try {
    accessSync(directory, constants.R_OK | constants.X_OK)
    return true
  } catch {
    return false
  }
}
