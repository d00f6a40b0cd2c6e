// Who is there: the seats of each agent, one for each session, and what each of them carries.

import { type Effect, limits } from '@sallyport/protocol'
import { type AgentSession, takesWrites } from './agent-session.ts'
import { type Credit, createCredit } from './credit.ts'
import { createHandedBack, type HandedBack } from './handed-back.ts'
import type { HeldRun } from './held-run.ts'
import type { Run } from './run.ts'

export type Seat = {
  readonly session: AgentSession
  readonly runs: Map<string, HeldRun>
  /** Runs of each batch that was sent, by its SHA-256, until they end. */
  readonly batches: Map<string, Set<HeldRun>>
  readonly credit: Credit
  readonly handedBack: HandedBack
  /** From `welcome` on; before it, nothing else may be said to the session. */
  isOpen(): boolean
}

export type Roster = {
  /** A seat that is given no runs until it is opened. */
  seat(session: AgentSession): Seat
  of(session: AgentSession): Seat | undefined
  open(seat: Seat): void
  leave(session: AgentSession): Seat | undefined
  /** Those that have a session. */
  agents(): readonly string[]
  /** Effects of which a run would find room; that of a write does not do without that of a read. */
  room(agent: string): readonly Effect[]
  /**
   * Of those that have room, and did not just hand the run back: one that accepts the job, where there is one, and then the one
   * with the fewest runs. `at` is by the clock that only goes forward. `wanted` goes before all of that.
   */
  choose(run: Pick<Run, 'id' | 'agent' | 'job' | 'effect'>, at: number, wanted?: Seat): Seat | undefined
}

export function createRoster(): Roster {
  const seats = new Map<string, Seat>()
  const openSeats = new Map<string, Set<Seat>>()
  const withRoom = (agent: string, effect: Effect) =>
    [...(openSeats.get(agent) ?? [])].filter((seat) => hasRoom(seat, effect))

  return {
    seat: (session) => {
      const seat: Seat = {
        session,
        runs: new Map(),
        batches: new Map(),
        credit: createCredit((frame) => session.send(frame)),
        handedBack: createHandedBack(),
        isOpen: () => openSeats.get(session.agent)?.has(seat) ?? false,
      }
      seats.set(session.id, seat)
      return seat
    },
    of: ({ id }) => seats.get(id),
    open: (seat) => {
      const others = openSeats.get(seat.session.agent)
      if (others === undefined) openSeats.set(seat.session.agent, new Set([seat]))
      else others.add(seat)
    },
    leave: ({ id, agent }) => {
      const seat = seats.get(id)
      seats.delete(id)
      const others = openSeats.get(agent)
      if (seat !== undefined) others?.delete(seat)
      if (others?.size === 0) openSeats.delete(agent)
      return seat
    },
    agents: () => [...openSeats.keys()],
    room: (agent) => effects.filter((effect) => withRoom(agent, effect).length > 0),
    choose: ({ id, agent, job, effect }, at, wanted) => {
      const free = withRoom(agent, effect).filter(({ handedBack }) => !handedBack.has(id, at))
      if (wanted !== undefined && free.includes(wanted)) return wanted
      const willing = free.filter(({ session }) => session.accepts(job))
      const [first, ...others] = willing.length > 0 ? willing : free
      return others.reduce((best, seat) => (best && seat.runs.size >= best.runs.size ? best : seat), first)
    },
  }
}

const effects = ['read', 'write'] as const satisfies readonly Effect[]

function hasRoom({ session, runs }: Seat, effect: Effect): boolean {
  if (runs.size >= limits.heldRunsCount || !session.takesRuns()) return false
  return effect === 'read' || takesWrites(session)
}
