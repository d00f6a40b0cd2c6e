// `npm run chaos`: seeded worlds in which everything goes wrong, each in this process and on virtual time.
//   npm run chaos -- --seeds 25 [--from 1]     so many seeds; exit 1 where something that must hold did not
//   npm run chaos -- --seed 7                  one seed again
//   npm run chaos -- --print 7                 what its schedule is, without playing it
//   npm run chaos -- --real 2 [--from 1]       so many with real processes and kill -9, alone or besides --seeds

import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { playRealSeeds, playSeeds } from '../test/chaos/play-seeds.ts'
import { createSchedule } from '../test/chaos/schedule.ts'
import { tellSchedule } from '../test/chaos/tell.ts'
import { readOptions, UsageError } from './chaos/options.ts'

const print = (line: string) => void process.stdout.write(`${line}\n`)

/** How many seeds did not hold. */
async function play(args: readonly string[]): Promise<number> {
  const { seeds, realSeeds, isPrinting } = readOptions(args)
  if (isPrinting) {
    for (const seed of seeds) for (const line of tellSchedule(createSchedule(seed))) print(line)
    return 0
  }
  await using folder = await mkdtempDisposable(join(tmpdir(), 'sallyport-chaos-'))
  const place = { folder: folder.path, print, now: () => performance.now() }
  const none = { passedCount: 0, failedCount: 0 }
  const virtual = seeds.length === 0 ? none : await playSeeds({ ...place, seeds })
  const real = realSeeds.length === 0 ? none : await playRealSeeds({ ...place, seeds: realSeeds })
  const failedCount = virtual.failedCount + real.failedCount
  print(`${virtual.passedCount + real.passedCount} passed, ${failedCount} failed`)
  return failedCount
}

try {
  process.exitCode = (await play(process.argv.slice(2))) === 0 ? 0 : 1
} catch (error) {
  if (!(error instanceof UsageError)) throw error
  process.stderr.write(`chaos: ${error.message}\n`)
  process.exitCode = 2
}
