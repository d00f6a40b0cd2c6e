// Plays one schedule to its end: everything that is asked for and everything that goes wrong, then fair weather until every
// run is over, then the judgement.

import { setImmediate as turn } from 'node:timers/promises'
import { heldStates } from '../../control-plane/runs/step.ts'
import type { Evidence, Invariant } from './evidence.ts'
import { inflict } from './inflict.ts'
import type { Schedule, ScheduledEvent } from './schedule.ts'
import { startWorld, type World } from './world.ts'

export type Verdict = {
  readonly schedule: Schedule
  /** In words; empty where everything held. */
  readonly violations: readonly string[]
  /** How many runs there were, and how many of each end. */
  readonly ends: Readonly<Record<string, number>>
  /** How long the world lived, by its own clock. */
  readonly virtualMs: number
}

const minutes = 60 * 1000

/** Longer than any run may live and any wall clock was set back. */
const longestMs = 40 * minutes

export async function play(schedule: Schedule, folder: string, invariants: readonly Invariant[]): Promise<Verdict> {
  await using world = await startWorld(schedule, folder)
  const { clock, plane, replicas } = world
  try {
    const evidence = await clock.runUntil(live(world, schedule.events), longestMs)
    const violations = invariants.flatMap((invariant) => invariant(evidence))
    return { schedule, violations, ends: countEnds(evidence), virtualMs: clock.elapsedMs() }
  } catch (error) {
    // Nobody moves the time any more, so nothing could end in order.
    for (const replica of replicas) replica.crash('reset')
    plane.crash()
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error)
    const violations = [`the world stopped: ${why}`, ...world.errors()]
    return { schedule, violations, ends: {}, virtualMs: clock.elapsedMs() }
  }
}

function countEnds({ runs }: Evidence): Readonly<Record<string, number>> {
  const ends: Record<string, number> = {}
  for (const { state, outcome, error } of runs) {
    const end = [state, outcome, error?.code].filter((part) => part !== null && part !== undefined).join(' ')
    ends[end] = (ends[end] ?? 0) + 1
  }
  return ends
}

async function live(world: World, events: readonly ScheduledEvent[]): Promise<Evidence> {
  const { clock, plane, replicas } = world
  await Promise.all(
    events.map(async (event) => {
      await clock.sleep(event.atMs)
      for (let turns = event.turns; turns > 0; turns -= 1) await turn()
      await happen(world, event)
    }),
  )
  await plane.start()
  for (const replica of replicas) await replica.start()
  while (!(await isOver(world))) await clock.sleep(1000)
  const evidence = await world.evidence()
  for (const replica of replicas) await replica.drain()
  await plane.stop()
  return evidence
}

async function happen(world: World, event: ScheduledEvent): Promise<void> {
  switch (event.what) {
    case 'submit':
      return await world.vendor.submit(event.submission)
    case 'cancel':
      return await world.vendor.cancel(event.number)
    case 'fault':
      return await inflict(world, event.fault)
  }
}

/** A run that was taken though nobody was told so is over some time, too. */
async function isOver({ plane }: World): Promise<boolean> {
  const going = await plane.running().store.runs.inState('acme', ['queued', ...heldStates], 1)
  return going.length === 0
}
