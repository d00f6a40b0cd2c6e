// How long a near side takes from its start to the first answer that comes through it, and what memory it then has.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Contestant, ContestantName, Near } from './contestants.ts'
import { privateMiB } from './process-figures.ts'
import { median } from './statistics.ts'

export type StartFigures = {
  readonly contestant: ContestantName
  readonly firstAnswerMs: number
  readonly nearIdleMiB: number
  readonly farIdleMiB: number
}

type Relaying = Contestant & { readonly near: Near }

const settleMs = 500

/** Medians of so many starts of each, in turns, after one that counts for nobody. All run when it ends. */
export async function runStarts(contestants: readonly Contestant[], count: number): Promise<readonly StartFigures[]> {
  const relaying = contestants.flatMap((one) => (one.near === undefined ? [] : [{ ...one, near: one.near }]))
  for (const one of relaying) await start(one)
  const starts: StartFigures[] = []
  for (let round = 0; round < count; round += 1) {
    for (const one of relaying) starts.push(await start(one))
  }
  return relaying.map(({ name }) => {
    const own = starts.filter(({ contestant }) => contestant === name)
    const middle = (figure: (start: StartFigures) => number) => median(own.map(figure))
    return {
      contestant: name,
      firstAnswerMs: middle(({ firstAnswerMs }) => firstAnswerMs),
      nearIdleMiB: middle(({ nearIdleMiB }) => nearIdleMiB),
      farIdleMiB: middle(({ farIdleMiB }) => farIdleMiB),
    }
  })
}

async function start({ name, near, farPid, keepGoing }: Relaying): Promise<StartFigures> {
  await near.stop()
  // The far side must have noticed: the relay would send what is asked to a socket that is gone.
  await sleep(settleMs)
  const startedAt = performance.now()
  await near.start()
  await keepGoing({ work: 'group', inFlight: 1, forMs: 0 })
  const firstAnswerMs = performance.now() - startedAt
  await sleep(settleMs)
  return { contestant: name, firstAnswerMs, nearIdleMiB: privateMiB(near.pid), farIdleMiB: privateMiB(farPid) }
}
