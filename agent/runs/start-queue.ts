// Which run starts next: short ones overtake long ones, and long ones never take every place.

import type { HeldRun } from './held-run.ts'

const shortPlaces = 64
const longPlaces = 16

/** `start` never rejects. */
export function createStartQueue(start: (run: HeldRun) => Promise<void>) {
  const lane = (places: number) => {
    const waiting = new Set<HeldRun>()
    let busyCount = 0
    /** Who was ended or forgotten meanwhile leaves at once: else a plane could fill the queue with more than it may hold. */
    const drop = () => {
      for (const run of waiting) if (run.state !== 'waiting') waiting.delete(run)
    }
    const next = () => {
      drop()
      for (const run of waiting) {
        if (busyCount >= places) return
        waiting.delete(run)
        busyCount += 1
        start(run).finally(() => {
          busyCount -= 1
          next()
        })
      }
    }
    return {
      add: (run: HeldRun) => {
        waiting.add(run)
        next()
      },
      rest: (isResting: boolean) => {
        busyCount += isResting ? -1 : 1
        next()
      },
    }
  }
  const short = lane(shortPlaces)
  const long = lane(longPlaces)
  const laneOf = ({ short: isShort }: HeldRun) => (isShort ? short : long)
  return {
    add: (run: HeldRun): void => laneOf(run).add(run),
    /** It waits for what no run here brings, or does not any more: meanwhile its place is for another, and it has one at once then. */
    rest: (run: HeldRun, isResting: boolean): void => laneOf(run).rest(isResting),
  }
}
