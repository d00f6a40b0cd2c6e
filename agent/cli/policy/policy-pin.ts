// The command `policy pin`: a person says that the groups that have the names of the policy now are those that are meant.

import { SallyportError } from '@sallyport/protocol'
import { openConnections } from '../../connections/connections.ts'
import { openEgress } from '../../egress/open-egress.ts'
import { createLog } from '../../log.ts'
import { namesIn } from '../../policy/pin-board.ts'
import { pinNames } from '../../policy/pin-names.ts'
import { pinSentence } from '../../policy/pins.ts'
import { systemClock } from '../../ports/clock.ts'
import { filesOfAgent } from '../../ports/files.ts'
import { systemRandom } from '../../ports/random.ts'
import { lookUpLanes } from '../../runs/look-up-lanes.ts'
import { version } from '../../version.ts'
import type { Host } from '../host.ts'
import type { PathFlags } from '../paths.ts'
import { readSettings, type Settings } from '../read-settings.ts'
import { serviceEnvironment } from '../service-environment.ts'

/** The running agent notices within seconds. Throws `policy_denied` where a name is left that allows nothing. */
export async function policyPin(flags: PathFlags, host: Host): Promise<void> {
  const settings = await readSettings(flags, host)
  const file = settings.policyHome.pinFile
  const named = namesIn(settings.policy)
  if (named.size === 0) return host.print('the policy names no group by its name: there is nothing to pin.')
  await using connections = await openHere(settings, host)
  const jumpcloudOf = lookUpLanes(connections, new AbortController().signal)
  let brokenCount = 0
  for (const [connection, names] of named) {
    const jumpcloud = await jumpcloudOf(connection)
    for (const [name, pin] of await pinNames({ file, connection, names, jumpcloud, anew: true })) {
      host.print(`${connection}: ${name} ${pinSentence(pin)}`)
      if (pin.state !== 'pinned') brokenCount += 1
    }
  }
  if (brokenCount === 0) return
  throw new SallyportError('policy_denied', `pin names: ${brokenCount} of them allow nothing, as said above`)
}

async function openHere({ configuration, guard, paths }: Settings, host: Host) {
  const environment = serviceEnvironment(host, paths)
  const log = createLog({ level: 'warn', ...host.logTo.complain, guard, clock: systemClock })
  // The ledger has one writer, which is the running agent.
  const ledger = { add: () => {} }
  const files = filesOfAgent(paths.state)
  const common = { environment, ledger, files, guard, clock: systemClock, random: systemRandom, log }
  const connectorOf = await openEgress({ ...common, configuration })
  return await openConnections({ ...common, configuration, connectorOf, userAgent: `Sallyport/${version}` })
}
