// One case: the contestants take turns in short rounds, so that what the machine does besides meets all of them.

import type { Contestant, ContestantName } from './contestants.ts'
import { cpuMs } from './process-figures.ts'
import type { Case, CaseFigures } from './results.ts'
import { median, sum } from './statistics.ts'
import { type Load, pagesOf } from './work.ts'

export type Rounds = { readonly roundCount: number; readonly roundMs: number; readonly userCount: number }

type Round = Load & { readonly contestant: ContestantName; readonly nearMs: number; readonly farMs: number }

/** A case that takes longer than this ends early, but not before everybody had so many rounds. */
const patienceMs = 20_000
const fewestRounds = 3

export async function runCase(
  contestants: readonly Contestant[],
  what: Case,
  rounds: Rounds,
): Promise<readonly CaseFigures[]> {
  const done: Round[] = []
  const startedAt = performance.now()
  for (let round = 0; round < rounds.roundCount; round += 1) {
    if (round >= fewestRounds && performance.now() - startedAt > patienceMs) break
    // Another one begins each time: nobody always comes after the same one.
    const first = round % contestants.length
    const inTurn = [...contestants.slice(first), ...contestants.slice(0, first)]
    for (const contestant of inTurn) done.push(await runRound(contestant, what, rounds.roundMs))
  }
  return contestants.map(({ name }) => {
    const own = done.filter(({ contestant }) => contestant === name)
    return { ...what, contestant: name, ...figuresOf(own, what.work === 'group' ? 1 : pagesOf(rounds.userCount)) }
  })
}

async function runRound({ name, keepGoing, near, farPid }: Contestant, what: Case, forMs: number): Promise<Round> {
  const cpu = () => ({ near: near === undefined ? 0 : cpuMs(near.pid), far: cpuMs(farPid) })
  const before = cpu()
  const load = await keepGoing({ work: what.work, inFlight: what.inFlight, forMs })
  const after = cpu()
  return { ...load, contestant: name, nearMs: after.near - before.near, farMs: after.far - before.far }
}

function figuresOf(rounds: readonly Round[], unitsPerCall: number) {
  const unitCount = sum(rounds.map(({ count }) => count)) * unitsPerCall
  const perUnitUs = (totalMs: readonly number[]) => (1000 * sum(totalMs)) / unitCount
  return {
    p50Ms: median(rounds.map(({ p50Ms }) => p50Ms)),
    p99Ms: median(rounds.map(({ p99Ms }) => p99Ms)),
    perSecond: median(rounds.map(({ count, tookMs }) => (1000 * count * unitsPerCall) / tookMs)),
    nearCpuUs: perUnitUs(rounds.map(({ nearMs }) => nearMs)),
    farCpuUs: perUnitUs(rounds.map(({ farMs }) => farMs)),
  }
}
