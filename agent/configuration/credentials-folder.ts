// Where the unit takes the credentials of the service from.

import { dirname, join, resolve } from 'node:path'

/** Beside the configuration: each file in it is one, by its name. Without the folder, systemd does not start the service. */
export function credentialsFolder({ configuration }: { readonly configuration: string }): string {
  return join(dirname(resolve(configuration)), 'credentials')
}
