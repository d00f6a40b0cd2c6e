// What the service manager is told of the agent: that it is ready, how it is, that it lives, that it is stopping.

import type { Clock } from '../ports/clock.ts'
import type { AgentStatus } from '../status/status.ts'
import type { Notifier } from './notifier.ts'

export type SystemdOptions = {
  /** Undefined where nobody asks to be told. */
  readonly notify: Notifier | undefined
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Pick<Clock, 'sleep'>
  readonly drainMs: number
}

export type SystemdTeller = Disposable & {
  /** Configuration, journal and loops are up. A control plane that is away is a state, and no failure. */
  ready(status: () => AgentStatus): void
  /** Something of the status may have changed. Before `ready` it says nothing. */
  changed(): void
}

/** What closing journal and ledger may take when the time to drain is over. */
const closingMs = 15_000
const microseconds = (ms: number) => String(ms * 1000)

/**
 * Until it is disposed of, the watchdog is fed by a timer: an event loop that stands still feeds nothing, and one whose session
 * loop has ended, which only a new process helps, is not fed either.
 */
export function tellSystemd({ notify, environment, clock, drainMs }: SystemdOptions): SystemdTeller {
  const over = new AbortController()
  let read: (() => AgentStatus) | undefined
  let told = ''
  let isStopping = false
  const changed = () => {
    if (read === undefined || notify === undefined) return
    const status = read()
    const line = statusLine(status)
    if (line !== told) notify({ STATUS: line })
    told = line
    if (!status.isDraining || isStopping) return
    isStopping = true
    notify({ STOPPING: '1', EXTEND_TIMEOUT_USEC: microseconds(drainMs + closingMs) })
  }
  const feed = async (everyMs: number) => {
    while (!over.signal.aborted) {
      if (read?.().live) notify?.({ WATCHDOG: '1' })
      changed()
      await clock.sleep(everyMs, over.signal).catch(() => {})
    }
  }
  return {
    ready: (status) => {
      read = status
      notify?.({ READY: '1' })
      changed()
      const watchdog = watchdogMs(environment)
      if (notify !== undefined && watchdog > 0) void feed(watchdog / 2)
    },
    changed,
    [Symbol.dispose]: () => over.abort(),
  }
}

function statusLine({ session, ready, reasons, warnings, isDraining }: AgentStatus): string {
  if (isDraining) return 'stops when what it works on is answered'
  if (!ready) return `takes no work: ${reasons.join('; ')}`
  const what = `session to ${session.plane} since ${session.since}`
  return warnings.length === 0 ? what : `${what}; look at: ${warnings.join('; ')}`
}

/** 0 where the unit has no watchdog. */
function watchdogMs({ WATCHDOG_USEC }: SystemdOptions['environment']): number {
  const ms = Number(WATCHDOG_USEC ?? 0) / 1000
  return Number.isFinite(ms) && ms > 0 ? ms : 0
}
