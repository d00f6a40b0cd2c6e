// The command `deregister`.

import { destinationsOf } from '../egress/destinations.ts'
import { openLeg } from '../egress/open-egress.ts'
import { deregister as deregisterHere } from '../enrolment/deregister.ts'
import { openIdentityFile } from '../identity/identity.ts'
import { systemClock } from '../ports/clock.ts'
import { filesOfAgent } from '../ports/files.ts'
import { systemRandom } from '../ports/random.ts'
import { createLeadKeeper } from '../session/lead.ts'
import { createOpenSocket } from '../session/socket.ts'
import { version } from '../version.ts'
import type { Host } from './host.ts'
import type { PathFlags } from './paths.ts'
import { readSettings } from './read-settings.ts'
import { serviceEnvironment } from './service-environment.ts'

const patienceMs = 30_000

export async function deregister(flags: PathFlags, host: Host): Promise<void> {
  const { paths, configuration, policy, guard, log } = await readSettings(flags, host)
  const environment = serviceEnvironment(host, paths)
  const destinations = destinationsOf(configuration, environment)
  const connector = await openLeg(
    { name: 'plane', settings: configuration.plane, destinations },
    { environment, files: filesOfAgent(paths.state), guard, clock: systemClock, log },
  )
  const openSocket = createOpenSocket({
    connector,
    userAgent: `Sallyport/${version}`,
    clock: systemClock,
  })
  const over = new AbortController()
  void systemClock.sleep(patienceMs, over.signal).then(
    () => over.abort(new Error(`no answer within ${patienceMs / 1000} s`)),
    () => {},
  )
  try {
    await deregisterHere(
      {
        url: configuration.plane.url,
        identityFile: openIdentityFile(paths.state),
        openSocket,
        introduce: () => ({ version, jobs: [], policy: policy.digest, ledger: null, connections: [], held: [] }),
        lead: createLeadKeeper(log),
        // That of the running agent has one writer.
        ledger: { add: () => {} },
        instance: systemRandom.bytes(16).toString('base64url'),
        ...{ guard, clock: systemClock, random: systemRandom, log },
      },
      over.signal,
    )
  } finally {
    over.abort()
  }
  host.print('deregistered. Revoke the JumpCloud key and remove the firewall rule if they were for this agent alone.')
}
