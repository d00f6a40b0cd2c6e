// How a network path treats what passes: at once, late, slowly, or not until it is better.

import type { VirtualClock } from './virtual-clock.ts'

export type WeatherReport =
  | { readonly kind: 'fair' }
  | { readonly kind: 'late'; readonly ms: number }
  | { readonly kind: 'slow'; readonly bytesPerSecond: number }
  /** Nothing passes, and nobody is told: a blackhole. TCP sends it again when it is over. */
  | { readonly kind: 'held' }
  /** As held for what is open; new connections are reset. */
  | { readonly kind: 'refusing' }

export type Weather = {
  report(): WeatherReport
  become(report: WeatherReport): void
  /** Resolves when so many bytes of what waits may pass, of `byteCount`. */
  passage(byteCount: number): Promise<number>
}

export function createWeather(clock: Pick<VirtualClock, 'sleep'>): Weather {
  let current: WeatherReport = { kind: 'fair' }
  let change = Promise.withResolvers<void>()

  const passage = async (byteCount: number): Promise<number> => {
    switch (current.kind) {
      case 'fair':
        return byteCount
      case 'late':
        await clock.sleep(current.ms)
        return byteCount
      case 'slow': {
        const { bytesPerSecond } = current
        const piece = Math.min(byteCount, bytesPerSecond)
        await clock.sleep((piece / bytesPerSecond) * 1000)
        return piece
      }
      case 'held':
      case 'refusing':
        await change.promise
        return passage(byteCount)
    }
  }

  return {
    report: () => current,
    become: (report) => {
      current = report
      change.resolve()
      change = Promise.withResolvers()
    },
    passage,
  }
}
