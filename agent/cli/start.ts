// The command `start`.

import { startDaemon } from '../daemon.ts'
import { openIdentityFile } from '../identity/identity.ts'
import { systemClock } from '../ports/clock.ts'
import { systemFiles } from '../ports/files.ts'
import { systemRandom } from '../ports/random.ts'
import type { Host } from './host.ts'
import type { PathFlags } from './paths.ts'
import { readSettings } from './read-settings.ts'

/** Runs until a signal: the first lets what is under way finish, the second ends at once. */
export async function start(flags: PathFlags, host: Host): Promise<void> {
  const { paths, ...settings } = await readSettings(flags, host)
  const daemon = await startDaemon({
    ...settings,
    identityFile: openIdentityFile(paths.state),
    environment: host.environment,
    files: systemFiles,
    clock: systemClock,
    random: systemRandom,
  })
  await new Promise<void>((resolve, reject) => {
    let signalCount = 0
    host.onStop(() => {
      signalCount += 1
      const ending = signalCount === 1 ? daemon.drain() : daemon.stop()
      ending.then(resolve, reject)
    })
  })
}
