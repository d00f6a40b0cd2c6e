// From flags and environment to the configuration that a verb works with.

import { type Configuration, loadConfiguration } from '../configuration.ts'
import type { Terminal } from './terminal.ts'

export type Flags = { readonly config?: string; readonly state?: string; readonly json?: true }

const defaultPath = '/etc/sallyport-control/config.yaml'

/** A flag counts before the environment, the environment before the default. Throws `configuration_invalid`. */
export async function readSettings({ config, state }: Flags, { env }: Terminal): Promise<Configuration> {
  const given = config ?? env.SALLYPORT_CONTROL_CONFIG
  const configuration = await loadConfiguration(given ?? defaultPath, given === undefined ? 'default' : 'given')
  return state === undefined ? configuration : { ...configuration, state }
}
