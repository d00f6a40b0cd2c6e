// `npm run chaos`: seeded worlds in which everything goes wrong, each in this process and on virtual time.
//   npm run chaos -- --seeds 25 [--from 1]     so many seeds; exit 1 where something that must hold did not
//   npm run chaos -- --seed 7                  one seed again
//   npm run chaos -- --print 7                 what its schedule is, without playing it

import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { playSeeds } from '../test/chaos/play-seeds.ts'
import { createSchedule } from '../test/chaos/schedule.ts'
import { tellSchedule } from '../test/chaos/tell.ts'
import { readOptions, UsageError } from './chaos/options.ts'

const print = (line: string) => void process.stdout.write(`${line}\n`)

/** How many seeds did not hold. */
async function play(args: readonly string[]): Promise<number> {
  const { seeds, isPrinting } = readOptions(args)
  if (isPrinting) {
    for (const seed of seeds) for (const line of tellSchedule(createSchedule(seed))) print(line)
    return 0
  }
  await using folder = await mkdtempDisposable(join(tmpdir(), 'sallyport-chaos-'))
  const now = () => performance.now()
  const { passedCount, failedCount } = await playSeeds({ seeds, folder: folder.path, print, now })
  print(`${passedCount} passed, ${failedCount} failed`)
  return failedCount
}

try {
  process.exitCode = (await play(process.argv.slice(2))) === 0 ? 0 : 1
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`chaos: ${error.message}\n`)
  process.exitCode = 2
}
