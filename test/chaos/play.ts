// Plays one schedule to its end: everything that is asked for and everything that goes wrong, then fair weather until every
// run is over, then the judgement.

import { setImmediate as turn } from 'node:timers/promises'
import type { Run } from '../../control-plane/runs/run.ts'
import { heldStates } from '../../control-plane/runs/step.ts'
import type { Evidence, Invariant } from './evidence.ts'
import { inflict } from './inflict.ts'
import { remembered, unrest } from './rest.ts'
import type { Schedule, ScheduledEvent } from './schedule.ts'
import { type Tally, tallyOf } from './tally.ts'
import { tellEvent } from './tell.ts'
import { startWorld, type World } from './world.ts'

export type Verdict = {
  readonly schedule: Schedule
  /** In words; empty where everything held. */
  readonly violations: readonly string[]
  /** What happened, and how often; nothing where the world stopped. */
  readonly tally: Tally
  /** How long the world lived, by its own clock. */
  readonly virtualMs: number
}

const minutes = 60 * 1000

/** Longer than any run may live and any wall clock was set back. */
const longestMs = 40 * minutes

/** Not in step with what is done once a second. */
const restMs = 1730
const restTries = 100

export async function play(schedule: Schedule, folder: string, invariants: readonly Invariant[]): Promise<Verdict> {
  await using world = await startWorld(schedule, folder)
  const { clock, plane, replicas } = world
  const pending = new Set(schedule.events)
  try {
    const { evidence, restless } = await clock.runUntil(live(world, schedule, pending), longestMs)
    const violations = [...restless, ...invariants.flatMap((invariant) => invariant(evidence))]
    return { schedule, violations, tally: tallyOf(schedule, evidence), virtualMs: clock.elapsedMs() }
  } catch (error) {
    const left = [...pending].map((event) => `not over: ${tellEvent(event)}`)
    const going = (await runsGoing(world)).map(
      ({ id, job, state, attempt }) => `${job} ${id} is ${state}, attempt ${attempt}`,
    )
    // Nobody moves the time any more, so nothing could end in order.
    for (const replica of replicas) replica.crash('reset')
    plane.crash()
    const why = error instanceof Error ? (error.stack ?? error.message) : String(error)
    const violations = [`the world stopped: ${why}`, ...left, ...going, ...world.lastWords(), ...world.errors()]
    return { schedule, violations, tally: {}, virtualMs: clock.elapsedMs() }
  }
}

type Lived = {
  readonly evidence: Evidence
  /** In words, what was still going on, or held, when nothing should be. */
  readonly restless: readonly string[]
}

/** Takes each event out when it is over. */
async function live(world: World, schedule: Schedule, pending: Set<ScheduledEvent>): Promise<Lived> {
  const { clock, plane, replicas } = world
  await Promise.all(
    [...pending].map(async (event) => {
      await clock.sleep(event.atMs)
      for (let turns = event.turns; turns > 0; turns -= 1) await turn()
      await happen(world, event)
      pending.delete(event)
    }),
  )
  await plane.start()
  for (const replica of replicas) await replica.start()
  while ((await runsGoing(world)).length > 0) await clock.sleep(1000)
  const restless = [...(await comeToRest(world)), ...remembered(schedule)]
  const evidence = await world.evidence()
  for (const replica of replicas) await replica.drain()
  await plane.stop()
  const timers = [plane, ...replicas].flatMap((host) => host.leftTimersMs())
  return { evidence, restless: [...restless, ...timers.map((ms) => `a process that ended left a timer of ${ms} ms`)] }
}

/** Answers with what does not: everybody comes back within a minute, and then forgets. */
async function comeToRest(world: World): Promise<readonly string[]> {
  for (let tries = 0; tries < restTries; tries += 1) {
    // The last words of the control plane are on their way.
    await world.clock.sleep(restMs)
    if (unrest(world).length === 0) return []
  }
  return unrest(world)
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

/** Of runs that nobody was told of, too: they were taken all the same. */
async function runsGoing({ plane }: World): Promise<readonly Run[]> {
  if (plane.port() === undefined) return []
  return await plane.running().store.runs.inState('acme', ['queued', ...heldStates], 1000)
}
