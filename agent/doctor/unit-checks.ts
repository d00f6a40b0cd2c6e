// The checks of the systemd unit, where there is one.

import { type Check, ok, skip, type Verdict, warn } from './check.ts'
import type { Ground } from './ground.ts'
import { once } from './once.ts'
import { lackOfUnit, propertyOf, unit } from './unit.ts'

/** By the scale of `systemd-analyze security`, on which 10 is worst; the unit that comes with Sallyport has about 1. */
const mostExposure = 2

export function unitChecks(ground: Ground): readonly Check[] {
  const { surroundings } = ground
  const why = once((signal: AbortSignal) => lackOfUnit(ground, signal))
  const check = (id: Check['id'], look: (signal: AbortSignal) => Promise<Verdict>): Check => ({
    id,
    look: async (signal) => {
      const none = await why(signal)
      return none === undefined ? await look(signal) : skip(none)
    },
  })
  return [
    check('unit.hardening', async (signal) =>
      sayExposure(await surroundings.ask('systemd-analyze', ['security', '--no-pager', unit], signal)),
    ),
    check('unit.watchdog', async (signal) => sayWatchdog(await propertyOf('WatchdogUSec', surroundings, signal))),
  ]
}

/** The last line: `→ Overall exposure level for sallyport.service: 1.1 OK`. */
export function sayExposure(text: string | undefined): Verdict {
  const [, level] = /exposure level for \S+: ([\d.]+)/.exec(text ?? '') ?? []
  if (level === undefined) return skip('systemd-analyze does not say')
  const says = `exposure ${level} of 10`
  return Number(level) <= mostExposure ? ok(says) : warn(`${says}; the unit that comes with Sallyport has about 1`)
}

export function sayWatchdog(value = ''): Verdict {
  if (value === '') return skip('systemctl does not say')
  return /^(0|infinity)$/.test(value) ? warn('WatchdogSec= is not set in the unit') : ok(`WatchdogSec=${value}`)
}
