// What setup does where a configuration is there: it is kept, and whoever named something else is told.

import { SallyportError } from '@sallyport/protocol'
import { loadConfiguration } from '../../configuration/configuration.ts'
import { systemFiles } from '../../ports/files.ts'
import { planeUrlOf } from '../enrol.ts'
import {
  type Checked,
  type Prepared,
  type SetupFlags,
  type SetupHost,
  type SetupPaths,
  usualName,
} from './setup-host.ts'

type Keeping = { readonly flags: SetupFlags; readonly paths: SetupPaths; readonly checked: Checked }

/** Throws `configuration_invalid` where it names another control plane: a code would be sent to the wrong one. */
export async function keep({ flags, paths, checked }: Keeping, host: SetupHost): Promise<Prepared> {
  const { configuration: path } = paths
  const configuration = await loadConfiguration(path, systemFiles)
  const { url } = configuration.plane
  if (flags.plane !== undefined && planeUrlOf(flags.plane) !== url) {
    throw new SallyportError(
      'configuration_invalid',
      `set up: ${path} is there and names the control plane ${url}, not ${flags.plane}; leave --plane out to keep it, or change the file`,
    )
  }
  const unheeded = unheededOf(flags, Object.keys(configuration.connections))
  if (unheeded.length > 0) {
    host.complain(
      `not heeded, because ${path} is there and is kept: ${unheeded.join(', ')}. Change the file, and its key with "sallyport token set"`,
    )
  }
  checked.push(`${path} was there and is valid; it is kept as it is`)
  return { url, way: undefined, write: async () => {} }
}

function unheededOf(flags: SetupFlags, connections: readonly string[]): readonly string[] {
  const { region, baseUrl, organisation, keyFile, connectionFile, ca, privatePlane } = flags
  const { name, proxy, proxyUser, proxyPasswordFile } = flags
  const given = {
    '--name': name === usualName || connections.includes(name) ? undefined : name,
    '--region': region,
    '--base-url': baseUrl,
    '--organisation': organisation,
    '--key-file': keyFile,
    '--connection-file': connectionFile,
    '--proxy': proxy,
    '--proxy-user': proxyUser,
    '--proxy-password-file': proxyPasswordFile,
    '--ca': ca,
    '--private-plane': privatePlane,
  }
  return Object.entries(given).flatMap(([flag, value]) => (value === undefined ? [] : flag))
}
