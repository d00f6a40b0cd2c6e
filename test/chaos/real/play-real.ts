// Plays one schedule with real processes: kill -9, SIGTERM, cut sockets, and what is asked for meanwhile.

import type { Invariant } from '../evidence.ts'
import { checkLeaves } from './leaves.ts'
import type { RealEvent, RealFault, RealSchedule } from './real-schedule.ts'
import { type RealWorld, startRealWorld } from './real-world.ts'

/** All that is asked for is over by then, or something hangs. */
const longestMs = 90_000

/** What was violated, in words. */
export async function playReal(
  schedule: RealSchedule,
  folder: string,
  invariants: readonly Invariant[],
): Promise<readonly string[]> {
  await using world = await startRealWorld(schedule, folder)
  const late = new AbortController()
  const tooLong = world.sleep(longestMs, late.signal).then(() => {
    throw new Error(`it is not over after ${longestMs / 1000} s`)
  })
  try {
    await Promise.race([Promise.all(schedule.events.map((event) => happen(world, event))), tooLong])
    const evidence = await world.evidence()
    return [...invariants.flatMap((invariant) => invariant(evidence)), ...checkLeaves(world.leaves)]
  } catch (error) {
    return [`the world stopped: ${error instanceof Error ? (error.stack ?? error.message) : error}`]
  } finally {
    late.abort()
    tooLong.catch(() => {})
  }
}

async function happen(world: RealWorld, event: RealEvent): Promise<void> {
  await world.sleep(event.atMs)
  switch (event.what) {
    case 'submit':
      return await world.vendor.submit(event.submission)
    case 'cancel':
      return await world.vendor.cancel(event.number)
    case 'fault': {
      const over = world.onFault(event.fault)
      await inflict(world, event.fault)
      return over()
    }
  }
}

async function inflict(world: RealWorld, fault: RealFault): Promise<void> {
  if (fault.kind === 'cut') return world.relay.cut()
  const victim = fault.victim === 'plane' ? world.plane : world.replicas[fault.victim]
  if (fault.kind === 'kill') await victim?.kill()
  else await victim?.leave(fault.kind === 'drain' ? fault.hurriedAfterMs : null)
  await world.sleep(fault.downMs)
  await victim?.start()
}
