// The whole bench: everything is built and started, run in turns, and ended again.

import { mkdtempDisposable } from 'node:fs/promises'
import { join } from 'node:path'
import { type Simulator, startSimulatorProgram } from '../../test/support/simulator-program.ts'
import { build } from '../build/build.ts'
import { type Contestant, type Site, starters } from './contestants.ts'
import { benchGuard } from './guard.ts'
import { readMachine } from './machine.ts'
import type { BenchOptions } from './options.ts'
import type { CaseFigures, ProcessFigures, Results } from './results.ts'
import { runCase } from './run-case.ts'
import { runStarts, type StartFigures } from './run-starts.ts'
import { benchService, whyNoService } from './service.ts'
import { type MemoryWatch, watchMemory } from './watch-memory.ts'

export type BenchPorts = {
  readonly now: () => Date
  /** A word on how far it is. */
  readonly say: (line: string) => void
}

/** `out` is where the bundles go. */
export async function runBench(options: BenchOptions, out: string, { now, say }: BenchPorts): Promise<Results> {
  const takenAt = now().toISOString()
  say('building')
  const programs = await build(out)
  await using parts = new AsyncDisposableStack()
  const folder = parts.use(await mkdtempDisposable(join(options.directory, 'sallyport-bench-'))).path
  const machine = readMachine(folder)
  say('leak guard')
  const guard = benchGuard()
  const service = await runService(options, say)
  const simulator = parts.use(await startSimulatorProgram({ users: options.userCount }))
  const directory = await readDirectory(simulator, options.userCount)
  const jumpcloud = { url: simulator.url, key: simulator.key, directory }
  const contestants = await startAll(options, { parts, folder, out: join(out, 'bench'), programs, jumpcloud })
  using memory = watchMemory(() => pidsOf(contestants))

  say('starts')
  const starts = await runStarts(contestants, options.startCount)
  say('warming up')
  for (const contestant of contestants) await warmUp(contestant, options)
  const cases: CaseFigures[] = []
  for (const upstreamMs of options.upstreamMs) {
    const slow = upstreamMs === 0 ? undefined : await simulator.pull('latencyMs', { ms: upstreamMs })
    cases.push(...(await runCases(contestants, upstreamMs, { options, say })))
    await slow?.release()
  }
  const { roundCount, roundMs, userCount } = options
  const settings = { roundCount, roundMs, userCount }
  return { takenAt, machine, ...settings, cases, processes: withPeaks(starts, memory), guard, service }
}

/** Before the others run: what they leave in the caches of this machine is not the service's. */
async function runService({ measuresService, startCount }: BenchOptions, say: BenchPorts['say']) {
  if (!measuresService) return 'it was not asked for'
  const obstacle = whyNoService()
  say(obstacle === undefined ? 'installed service' : `the installed service is not measured: ${obstacle}`)
  return obstacle ?? (await benchService(startCount))
}

async function readDirectory(simulator: Simulator, userCount: number) {
  const { groups } = await simulator.state()
  const [group] = groups
  if (group === undefined) throw new Error('the simulated JumpCloud has no group')
  return { groupId: group.id, userCount }
}

async function startAll(options: BenchOptions, site: Site): Promise<readonly Contestant[]> {
  const contestants: Contestant[] = []
  for (const name of options.contestants) contestants.push(await starters[name](site))
  return contestants
}

const warmUpRounds = 3

/** Compilers have seen the work before it counts. */
async function warmUp({ keepGoing }: Contestant, { works, roundMs }: BenchOptions): Promise<void> {
  for (const work of works) await keepGoing({ work, inFlight: 10, forMs: warmUpRounds * roundMs })
}

type Progress = { readonly options: BenchOptions; readonly say: (line: string) => void }

async function runCases(contestants: readonly Contestant[], upstreamMs: number, { options, say }: Progress) {
  const cases: CaseFigures[] = []
  for (const work of options.works) {
    for (const inFlight of options.inFlight) {
      say(`${work}, ${inFlight} in flight, ${upstreamMs} ms upstream`)
      cases.push(...(await runCase(contestants, { work, upstreamMs, inFlight }, options)))
    }
  }
  return cases
}

function pidsOf(contestants: readonly Contestant[]): ReadonlyMap<string, number> {
  const pids = contestants.flatMap(({ name, near, farPid }) => {
    return [[`${name} near`, near?.pid ?? 0] as const, [`${name} far`, farPid] as const]
  })
  return new Map(pids)
}

function withPeaks(starts: readonly StartFigures[], { peakMiB }: MemoryWatch): readonly ProcessFigures[] {
  return starts.map((start) => ({
    ...start,
    nearPeakMiB: peakMiB.get(`${start.contestant} near`) ?? 0,
    farPeakMiB: peakMiB.get(`${start.contestant} far`) ?? 0,
  }))
}
