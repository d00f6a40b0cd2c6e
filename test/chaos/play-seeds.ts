// Plays seed after seed, says what it saw, and looks what each world left behind in the process.

import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Connection } from '../../agent/connections/connection.ts'
import { HeldRun as AgentRun } from '../../agent/runs/held-run.ts'
import { Session } from '../../control-plane/gateway/session.ts'
import { HeldRun as PlaneRun } from '../../control-plane/runs/held-run.ts'
import { residentBytes } from '../support/resident-bytes.ts'
import { invariants } from './invariants/all.ts'
import { collectedHeapBytes, createResourceWatch, objectsLeft } from './left-behind.ts'
import { createMemory } from './memory.ts'
import { play, type Verdict } from './play.ts'
import { playReal } from './real/play-real.ts'
import { createRealSchedule } from './real/real-schedule.ts'
import { createSchedule } from './schedule.ts'
import { addUp, type Tally, tellTally, unseen } from './tally.ts'
import { tellFailure, tellRealFailure } from './tell.ts'

export type SeedsOptions = {
  readonly seeds: readonly number[]
  /** An empty one; each world has a folder of its own in it, for as long as it lives. */
  readonly folder: string
  readonly print: (line: string) => void
  /** In milliseconds, for how long it took. */
  readonly now: () => number
}

export type Played = { readonly passedCount: number; readonly failedCount: number }

/** Looking what objects are left takes as long as a world: of so many worlds, in the last. */
const lookEvery = 20

/** Of these there are none but in a world. */
const worldly = [AgentRun, PlaneRun, Connection, Session]

export async function playSeeds({ seeds, folder, print, now }: SeedsOptions): Promise<Played> {
  let failedCount = 0
  const judge = (verdict: Verdict) => {
    if (verdict.violations.length === 0) return
    failedCount += 1
    print(`seed ${verdict.schedule.seed} failed`)
    for (const line of tellFailure(verdict)) print(line)
  }
  const complain = (line: string) => {
    failedCount += 1
    print(line)
  }
  // The first worlds load modules and fill caches, which is no leak.
  for (const seed of [1, 2]) judge(await playSeed(seed, folder, { calm: true }))
  const memory = await createMemory({ collectedHeapBytes, privateBytes: () => residentBytes(process.pid) })
  const startedAt = now()
  const tallies: Tally[] = []
  let virtualMs = 0
  for (const [place, seed] of seeds.entries()) {
    const isLooking = place % lookEvery === lookEvery - 1 || place === seeds.length - 1
    const verdict = await playSeed(seed, folder, { isLooking })
    tallies.push(verdict.tally)
    virtualMs += verdict.virtualMs
    judge({ ...verdict, violations: [...verdict.violations, ...memory.afterWorld()] })
  }
  for (const line of await memory.afterAll()) complain(line)
  const tookMs = now() - startedAt
  const seen = addUp(tallies)
  for (const line of tellTally(seen)) print(line)
  for (const line of unseen(seen, seeds.length)) complain(line)
  const perSeed = `${Math.round(tookMs / Math.max(1, seeds.length))} ms a seed`
  const lived = `${Math.round(virtualMs / 60_000)} minutes of virtual time`
  print(`${perSeed}, ${lived}, ${memory.told()}`)
  return { passedCount: Math.max(0, seeds.length - failedCount), failedCount }
}

/** The same with real processes, which can be killed for real. */
export async function playRealSeeds({ seeds, folder, print, now }: SeedsOptions): Promise<Played> {
  const startedAt = now()
  let failedCount = 0
  for (const seed of seeds) {
    const place = join(folder, `real-${seed}`)
    await mkdir(place)
    const schedule = createRealSchedule(seed)
    const violations = await playReal(schedule, place, invariants)
    await rm(place, { recursive: true })
    if (violations.length === 0) continue
    failedCount += 1
    print(`real seed ${seed} failed`)
    for (const line of tellRealFailure(schedule, violations)) print(line)
  }
  print(`${Math.round((now() - startedAt) / Math.max(1, seeds.length))} ms a seed with real processes`)
  return { passedCount: seeds.length - failedCount, failedCount }
}

async function playSeed(seed: number, folder: string, { calm = false, isLooking = true } = {}): Promise<Verdict> {
  const place = join(folder, `seed-${seed}`)
  await mkdir(place)
  using watch = createResourceWatch(place)
  const verdict = await play(createSchedule(seed, { calm }), place, invariants)
  const left = [...(await watch.leftBehind()), ...(isLooking ? objectsLeft(worldly) : [])]
  const violations = [...verdict.violations, ...left]
  await rm(place, { recursive: true })
  return { ...verdict, violations }
}
