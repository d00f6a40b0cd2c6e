// Where the socket is by which the command line talks to the running agent.

import { join } from 'node:path'

/** Of a systemd service, and of a container that does the same. */
const usualRuntimeDirectory = '/run/sallyport'
const usualStateDirectory = '/var/lib/sallyport'

type Environment = Readonly<Record<string, string | undefined>>

/** A state directory of somebody's own has the socket in it, so that several agents on one host do not meet. */
export function socketPath(stateDirectory: string, environment: Environment): string {
  const ofUnit = environment.RUNTIME_DIRECTORY
  const directory = ofUnit ?? (stateDirectory === usualStateDirectory ? usualRuntimeDirectory : stateDirectory)
  return join(directory, 'sallyport.sock')
}
