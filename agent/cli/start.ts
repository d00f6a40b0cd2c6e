// The command `start`.

import { type Daemon, startDaemon } from '../daemon.ts'
import { openIdentityFile } from '../identity/identity.ts'
import { openJournal } from '../journal/journal.ts'
import { readJournalKey } from '../journal/journal-key.ts'
import { beSoleAgent } from '../journal/sole-agent.ts'
import { families } from '../jumpcloud/families.ts'
import { openLedger } from '../ledger/ledger.ts'
import { openLocalInterface } from '../listen/local-interface.ts'
import { socketPath } from '../listen/socket-path.ts'
import { systemClock } from '../ports/clock.ts'
import { systemFiles } from '../ports/files.ts'
import { systemRandom } from '../ports/random.ts'
import { openNotifier } from '../systemd/notifier.ts'
import { tellSystemd } from '../systemd/tell-systemd.ts'
import { Secret } from '../vault/secret.ts'
import type { Host } from './host.ts'
import type { PathFlags } from './paths.ts'
import { readSettings } from './read-settings.ts'

/** Runs until a signal: the first lets what is under way finish, the second ends at once. */
export async function start(flags: PathFlags, host: Host): Promise<void> {
  const stops = countStops(host)
  const { paths, strangers, ...settings } = await readSettings(flags, host)
  const { environment, programFile } = host
  const system = { files: systemFiles, clock: systemClock, random: systemRandom }
  const identityFile = openIdentityFile(paths.state)
  // First: a host that is not enrolled may have no state directory either.
  const identity = await identityFile.read()
  settings.guard.protect(new Secret(identity.key.d), 'replica key')
  const stateDirectory = paths.state
  using _ = await beSoleAgent(stateDirectory)
  const key = await readJournalKey({
    ...system,
    stateDirectory,
    credentialsDirectory: environment.CREDENTIALS_DIRECTORY,
  })
  const { log } = settings
  for (const { says, mend } of strangers) log.warn('settings.stranger', { message: `${says}; run: ${mend}` })
  await using journal = await openJournal({ ...system, stateDirectory, key, log, identityFile })
  await using ledger = await openLedger({
    ...{ ...system, ...settings, stateDirectory, identity },
    settings: settings.configuration.ledger,
  })
  if (stops.count > 0) return
  const notify = openNotifier({ ...settings, environment, programFile })
  using systemd = tellSystemd({ ...system, notify, environment, drainMs: settings.configuration.drainMs })
  const daemon = await startDaemon({
    ...{ ...system, ...settings, families, identityFile, journal, ledger, environment },
    onStatus: systemd.changed,
  })
  await using __ = await openLocalInterface({
    ...settings,
    // Asked again, it goes on as it was asked to: only a second signal ends it at once.
    service: { ...daemon, drain: () => (stops.count === 0 ? stops.add() : undefined) },
    socketPath: socketPath(stateDirectory, environment),
    listen: settings.configuration.listen,
  }).catch(async (error: unknown) => {
    await daemon.stop()
    throw error
  })
  systemd.ready(daemon.status)
  await untilStopped(daemon, stops)
}

type Stops = { readonly count: number; onNext: () => void; add(): void }

/** From the first moment: a signal that comes while the daemon is being put together is not lost, and does not tear it apart. */
function countStops(host: Host): Stops {
  const stops = {
    count: 0,
    onNext: () => {},
    add: () => {
      stops.count += 1
      stops.onNext()
    },
  }
  host.onStop(stops.add)
  return stops
}

async function untilStopped(daemon: Daemon, stops: Stops): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const heed = () => {
    if (stops.count > 0) (stops.count === 1 ? daemon.drain() : daemon.stop()).then(resolve, reject)
  }
  stops.onNext = heed
  heed()
  await promise
}
