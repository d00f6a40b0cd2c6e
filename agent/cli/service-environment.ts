// What a command sees that reads secrets as the service does: where systemd runs the service, root can read what that was given,
// and the command itself is given nothing.

import { existsSync } from 'node:fs'
import type { Host } from './host.ts'

export function serviceEnvironment({
  environment,
  credentialsOfService: directory,
}: Pick<Host, 'environment' | 'credentialsOfService'>): Host['environment'] {
  if (directory === undefined || !existsSync(directory)) return environment
  return { CREDENTIALS_DIRECTORY: directory, ...environment }
}
