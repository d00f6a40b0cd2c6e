// Which run starts next: short ones overtake long ones, and long ones never take every place.

import type { HeldRun } from './held-run.ts'

const shortPlaces = 64
const longPlaces = 16

/** `start` never rejects. */
export function createStartQueue(start: (run: HeldRun) => Promise<void>) {
  const lane = (places: number) => {
    const waiting: HeldRun[] = []
    let busyCount = 0
    const next = () => {
      while (busyCount < places) {
        const run = waiting.shift()
        if (run === undefined) return
        busyCount += 1
        start(run).finally(() => {
          busyCount -= 1
          next()
        })
      }
    }
    return (run: HeldRun) => {
      waiting.push(run)
      next()
    }
  }
  const short = lane(shortPlaces)
  const long = lane(longPlaces)
  return {
    add: (run: HeldRun): void => {
      if (run.admission?.contract.rows === 'one' || run.admission?.effect === 'write') short(run)
      else long(run)
    },
  }
}
