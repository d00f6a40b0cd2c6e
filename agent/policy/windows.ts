// The times of the week in which writes may run: their form in the policy file, and whether one of them is open.

import { z } from 'zod'

const days = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] as const
type Day = (typeof days)[number]

const form = 'a time of day is written HH:MM, from 00:00 to 23:59, and 24:00 where a window ends'

const opening = z.string(form).regex(/^([01]\d|2[0-3]):[0-5]\d$/, form)
const closing = z.string(form).regex(/^(([01]\d|2[0-3]):[0-5]\d|24:00)$/, form)

const timeZone = z
  .string()
  .refine(isTimeZone, 'this is no IANA time zone that this host knows; write one like Europe/Berlin, or UTC')

const policyWindow = z
  .strictObject({
    days: z.array(z.enum(days)).min(1).optional().describe('on which the window opens; each day if left out'),
    from: opening.describe('local time, inclusive'),
    to: closing.describe('local time, exclusive; before `from` it is that of the next day'),
    timeZone: timeZone.describe('IANA name, whose summer time is heeded'),
  })
  .refine(({ from, to }) => from !== to, { path: ['to'], message: 'a window ends at another time than it begins' })
export type PolicyWindow = z.infer<typeof policyWindow>

export const policyWindows = z.array(policyWindow).min(1)

/**
 * By what the clocks on the wall show there: an hour that summer time skips is in no window, and one that comes twice is in
 * it twice. `now` is in milliseconds since 1970.
 */
export function isOpen({ days: opening, from, to, timeZone }: PolicyWindow, now: number): boolean {
  const { day, minute } = localTime(now, timeZone)
  const [begin, end] = [minuteOf(from), minuteOf(to)]
  const opensOn = (one: Day) => opening?.includes(one) ?? true
  if (begin < end) return opensOn(day) && minute >= begin && minute < end
  return (opensOn(day) && minute >= begin) || (opensOn(dayBefore(day)) && minute < end)
}

/** `mon,tue 09:00-17:00 Europe/Berlin` */
export function windowText({ days, from, to, timeZone }: PolicyWindow): string {
  return `${days === undefined ? 'daily' : days.join(',')} ${from}-${to} ${timeZone}`
}

function localTime(now: number, zone: string): { readonly day: Day; readonly minute: number } {
  const format = new Intl.DateTimeFormat('en-US', {
    ...{ timeZone: zone, hourCycle: 'h23' },
    ...{ weekday: 'short', hour: '2-digit', minute: '2-digit' },
  })
  const parts = new Map(format.formatToParts(now).map(({ type, value }) => [type, value]))
  const name = parts.get('weekday')?.toLowerCase()
  const minute = Number(parts.get('hour')) * 60 + Number(parts.get('minute'))
  return { day: days.find((day) => day === name) ?? 'sun', minute }
}

function minuteOf(time: string): number {
  const [hours, minutes] = time.split(':').map(Number)
  return (hours ?? 0) * 60 + (minutes ?? 0)
}

function dayBefore(day: Day): Day {
  return days[(days.indexOf(day) + 6) % 7] ?? day
}

function isTimeZone(name: string): boolean {
  // A fixed offset would be taken, and be wrong for half of the year.
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone: name }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
