// Who is there: the seats of each agent, one for each session, and what each of them carries.

import { limits } from '@sallyport/protocol'
import type { AgentSession } from './agent-session.ts'
import { type Credit, createCredit } from './credit.ts'
import type { HeldRun } from './held-run.ts'

export type Seat = {
  readonly session: AgentSession
  readonly runs: Map<string, HeldRun>
  /** Runs of each batch that was sent, by its SHA-256, until they end. */
  readonly batches: Map<string, Set<HeldRun>>
  readonly credit: Credit
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
  hasRoom(agent: string): boolean
  /** Of those that have room: one that accepts the job, where there is one, and then the one with the fewest runs. */
  choose(agent: string, job: string): Seat | undefined
}

export function createRoster(): Roster {
  const seats = new Map<string, Seat>()
  const openSeats = new Map<string, Set<Seat>>()
  const withRoom = (agent: string) => [...(openSeats.get(agent) ?? [])].filter(hasRoom)

  return {
    seat: (session) => {
      const seat: Seat = {
        session,
        runs: new Map(),
        batches: new Map(),
        credit: createCredit((frame) => session.send(frame)),
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
    hasRoom: (agent) => withRoom(agent).length > 0,
    choose: (agent, job) => {
      const free = withRoom(agent)
      const willing = free.filter(({ session }) => session.accepts(job))
      const [first, ...others] = willing.length > 0 ? willing : free
      return others.reduce((best, seat) => (best && seat.runs.size >= best.runs.size ? best : seat), first)
    },
  }
}

function hasRoom({ session, runs }: Seat): boolean {
  return runs.size < limits.heldRunsCount && session.takesRuns()
}
