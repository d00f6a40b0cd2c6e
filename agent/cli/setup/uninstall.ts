// The command `uninstall`: the host as it was, and in words what only a person can undo.

import { existsSync } from 'node:fs'
import { SallyportError } from '@sallyport/protocol'
import { loadConfiguration } from '../../configuration/configuration.ts'
import { destinationsOf } from '../../egress/destinations.ts'
import { openIdentityFile } from '../../identity/identity.ts'
import { systemFiles } from '../../ports/files.ts'
import type { Installation } from '../../setup/installation.ts'
import { deregister } from '../deregister.ts'
import type { Host } from '../host.ts'
import { findPaths } from '../paths.ts'

export type UninstallHost = Host & { readonly installation: Installation; readonly isRoot: boolean }

/** Refuses before anything is changed; from then on what cannot be done is left to a person, in words, and the rest goes on. */
export async function uninstall({ purge = false }: { readonly purge?: boolean }, host: UninstallHost): Promise<void> {
  const { by, stop, remove } = host.installation
  if (by === undefined) {
    const why = 'neither the Debian package nor install.sh put anything on this host'
    throw new SallyportError(
      'configuration_invalid',
      `uninstall: ${why}; what was put there otherwise is yours to remove`,
    )
  }
  if (!host.isRoot)
    throw new SallyportError('configuration_invalid', 'uninstall: only root can do that; run it as root')
  const toDo = purge ? await whatToRevoke(host) : []
  const stopped = await stop()
  if (!stopped.ok)
    throw new SallyportError('agent_unreachable', `uninstall: the service does not stop: ${stopped.said}`)
  if (purge) toDo.unshift(...(await sayGoodbye(host)))
  const removed = await remove(purge ? 'program and data' : 'program')
  if (!removed.ok) throw new SallyportError('configuration_invalid', `uninstall: dpkg refused: ${removed.said}`)
  toDo.push(...removed.left.map((path) => `remove ${path}, which could only be emptied`))
  const kept = 'configuration, credentials and state are kept: /etc/sallyport, /var/lib/sallyport'
  host.print(purge ? 'removed, with configuration, credentials, state and ledger' : `removed; ${kept}`)
  if (!purge)
    host.print(
      'still to do, to be rid of those too: install it again, and "sallyport uninstall --purge", which deregisters',
    )
  for (const line of toDo) host.print(`still to do: ${line}`)
}

/** From the configuration, as long as it is there. */
async function whatToRevoke({ environment }: Host): Promise<string[]> {
  const { configuration: path } = findPaths({}, environment, existsSync)
  const key = 'revoke the JumpCloud credential at JumpCloud, if it was for this agent alone'
  const configuration = await loadConfiguration(path, systemFiles).catch(() => undefined)
  if (configuration === undefined) return [key]
  const connections = Object.keys(configuration.connections).join(', ')
  const places = destinationsOf(configuration, {}).map(({ host, port }) => `${host}:${port}`)
  const rule = `remove the firewall rule that lets this host out, if it was for this agent alone: ${[...new Set(places)].join(', ')}`
  return [`${key} (connections: ${connections})`, rule]
}

/** What is left to do where the control plane does not hear it, or this host was enrolled nowhere. */
async function sayGoodbye(host: Host): Promise<readonly string[]> {
  const { state } = findPaths({}, host.environment, existsSync)
  const identityFile = openIdentityFile(state)
  if (!existsSync(identityFile.path)) return []
  const named = await identityFile.read().then(
    ({ agent, replica }) => `replica ${replica} of agent ${agent}`,
    () => 'the replica of this host',
  )
  try {
    await deregister({}, { ...host, print: () => {} })
    host.print(`deregistered ${named}`)
    return []
  } catch (error) {
    const why = error instanceof SallyportError ? `${error.code}: ${error.message}` : String(error)
    return [`revoke ${named} at the control plane (sallyport-control replica revoke), which was not reached: ${why}`]
  }
}
