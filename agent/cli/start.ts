// The command `start`.

import { startDaemon } from '../daemon.ts'
import { openIdentityFile } from '../identity/identity.ts'
import { openJournal } from '../journal/journal.ts'
import { readJournalKey } from '../journal/journal-key.ts'
import { systemClock } from '../ports/clock.ts'
import { systemFiles } from '../ports/files.ts'
import { systemRandom } from '../ports/random.ts'
import type { Host } from './host.ts'
import type { PathFlags } from './paths.ts'
import { readSettings } from './read-settings.ts'

/** Runs until a signal: the first lets what is under way finish, the second ends at once. */
export async function start(flags: PathFlags, host: Host): Promise<void> {
  const { paths, ...settings } = await readSettings(flags, host)
  const { environment } = host
  const system = { files: systemFiles, clock: systemClock, random: systemRandom }
  const identityFile = openIdentityFile(paths.state)
  // After a first session, there has been a journal.
  const { counter } = await identityFile.read()
  const stateDirectory = paths.state
  const key = await readJournalKey({
    ...system,
    stateDirectory,
    credentialsDirectory: environment.CREDENTIALS_DIRECTORY,
  })
  await using journal = await openJournal({
    ...system,
    stateDirectory,
    key,
    log: settings.log,
    isExpected: counter > 0,
  })
  const daemon = await startDaemon({ ...system, ...settings, identityFile, journal, environment })
  await new Promise<void>((resolve, reject) => {
    let signalCount = 0
    host.onStop(() => {
      signalCount += 1
      const ending = signalCount === 1 ? daemon.drain() : daemon.stop()
      ending.then(resolve, reject)
    })
  })
}
