// What a world may still hold when all its runs are over and everybody is back: less than it takes to forget, whatever happened.

import { HeldRun as AgentRun } from '../../agent/runs/held-run.ts'
import type { SessionView } from '../../control-plane/gateway/session-view.ts'
import { HeldRun as PlaneRun } from '../../control-plane/runs/held-run.ts'
import { isAbrupt } from './fault.ts'
import { type Kind, objectCount } from './left-behind.ts'
import type { ReplicaHost } from './replica-host.ts'
import type { Schedule } from './schedule.ts'
import type { HostClock } from './virtual-clock.ts'

const seconds = 1000

type Timers = Readonly<Record<number, number>>

/** Of an agent: each look at the source of its secret, each look whether bytes move, and when its ledger signs what is not signed yet. */
const agentTimers: Timers = { [3 * seconds]: 1, [5 * seconds]: 1, [300 * seconds]: 1 }

/** Of the control plane: its two looks around once a second, and of each session its silence, and the pong of a ping that was answered. */
const planeTimers = (sessionCount: number): Timers => ({ [1 * seconds]: 2, [20 * seconds]: 2 * sessionCount })

type Resting = {
  readonly plane: {
    running(): {
      readonly plane: { sessions(): readonly Pick<SessionView, 'replica' | 'runCount'>[] }
      readonly clock: Pick<HostClock, 'timersMs'>
    }
  }
  readonly replicas: readonly Pick<ReplicaHost, 'name' | 'timersMs' | 'journalRows'>[]
}

/** In words, what is not at rest yet. */
export function unrest({ plane, replicas }: Resting): readonly string[] {
  const { plane: running, clock } = plane.running()
  const sessions = running.sessions()
  const busy = sessions.filter(({ runCount }) => runCount > 0)
  return [
    ...(sessions.length === replicas.length
      ? []
      : [`${sessions.length} of ${replicas.length} replicas have a session`]),
    ...busy.map(({ replica, runCount }) => `the control plane thinks that ${replica} has ${runCount} runs`),
    ...tooMany('the control plane', clock.timersMs(), planeTimers(sessions.length)),
    ...replicas.flatMap(({ name, timersMs }) => tooMany(name, timersMs(), agentTimers)),
    ...replicas.flatMap(({ name, journalRows }) =>
      Object.entries(journalRows()).flatMap(([what, count]) => (count === 0 ? [] : [`${name} keeps ${count} ${what}`])),
    ),
  ]
}

/** Of a world that is at rest; a process that crashed has what it had, so the world tells nothing where one did. */
export function remembered({ events }: Schedule): readonly string[] {
  if (events.some((event) => event.what === 'fault' && isAbrupt(event.fault))) return []
  return [...countOf('agents', AgentRun), ...countOf('the control plane', PlaneRun)]
}

function countOf(who: string, kind: Kind): readonly string[] {
  const count = objectCount(kind)
  return count === 0 ? [] : [`left in the memory of ${who}: ${count} runs that are over`]
}

function tooMany(who: string, timersMs: readonly number[], most: Timers): readonly string[] {
  return [...Map.groupBy(timersMs, (ms) => ms)].flatMap(([ms, timers]) => {
    const allowed = most[ms] ?? 0
    return timers.length <= allowed ? [] : [`${who} has ${timers.length} timers of ${ms} ms, and ${allowed} are known`]
  })
}
