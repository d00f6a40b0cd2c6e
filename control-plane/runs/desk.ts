// Where sessions report: which runs they hold when they come, what they say of them, and that they are gone.

import { type AgentFrame, SallyportError, type WelcomePayload, type WireError } from '@sallyport/protocol'
import type { AgentSession } from './agent-session.ts'
import {
  type AnswersOptions,
  type Arrival,
  drop,
  failHere,
  heldOf,
  takeAccepted,
  takeDone,
  takeFailed,
  takePage,
  takeParked,
  takeRefused,
  takeTooLate,
} from './answers.ts'
import type { LostRuns } from './lost-runs.ts'
import type { Queue } from './queue.ts'
import { type ReclaimOptions, reclaim } from './reclaim.ts'
import type { Roster, Seat } from './roster.ts'
import type { Submission } from './runs.ts'

type Attempt = { readonly run: string; readonly attempt: number }

/** What an agent says of runs; the other frames are about itself. */
export type RunFrame = Exclude<AgentFrame, { type: 'hello' | 'state' | 'started' | 'trial' | 'goodbye' }>
type Told = { [Type in RunFrame['type']]: Arrival<Type> }[RunFrame['type']]

export type Desk = {
  /** Decides which held attempts the replica keeps. Those that it has lost are given up. */
  attach(session: AgentSession, held: readonly Attempt[]): Promise<WelcomePayload['held']>
  /** `welcome` was sent: runs may go to the session. */
  open(session: AgentSession): Promise<void>
  /** `rowsText` is its rows as they were sent. Rejects where the store fails; the session must then be closed. */
  receive(session: AgentSession, frame: RunFrame, rowsText: string | undefined): Promise<void>
  /** The replica wants to see a run come. Rejects where the store fails. */
  trial(session: AgentSession, connection: string): Promise<void>
  /** A frame was larger than the protocol allows. */
  oversized(session: AgentSession, frame: Oversized): Promise<void>
  /** `returning` is false where the replica may not come back. */
  detach(session: AgentSession, returning: boolean): Promise<void>
  /** An administrator has changed something: nobody waits any longer for a replica that may not come back. */
  review(mayReturn: (replica: { readonly agent: string; readonly replica: string }) => Promise<boolean>): Promise<void>
  /** Runs that the session has. */
  count(session: AgentSession): number
  /** The agent said something new of itself: it may take what it did not take before. */
  stateChanged(session: AgentSession): void
  /** Another process changed the store. */
  storeChanged(): void
}

/** What shows of it: the attempt may not, and whether it is an answer, which the agent sends until it is acknowledged. */
export type Oversized = { readonly run: string; readonly attempt: number | undefined; readonly isAnswer: boolean }

export type DeskOptions = AnswersOptions &
  ReclaimOptions & {
    readonly roster: Roster
    readonly queue: Queue
    readonly lostRuns: LostRuns
    readonly recovered: Promise<void>
    readonly submit: (submission: Submission, wanted: Seat) => Promise<unknown>
  }

export function createDesk(options: DeskOptions): Desk {
  const { roster, lostRuns, heldRuns, waker } = options
  return {
    attach: (session, held) => attach(options, session, held),
    open: (session) => open(options, session),
    receive: async (session, frame, rowsText) => {
      const seat = roster.of(session)
      if (seat !== undefined) await receive(options, { ...frame, seat, rowsText })
    },
    trial: async (session, connection) => {
      const seat = roster.of(session)
      if (!seat?.isOpen()) return
      await options.submit(trialOf(session, connection), seat).catch((error: unknown) => {
        // It was disabled this very moment, and its session is about to be closed for that.
        if (!(error instanceof SallyportError)) throw error
      })
    },
    oversized: (session, frame) => refuseOversized(options, session, frame),
    detach: async (session, returning) => {
      const seat = roster.leave(session)
      const left = [...(seat?.runs.values() ?? [])].filter((held) => heldRuns.get(held.run.id) === held)
      await Promise.all(left.map((held) => lostRuns.lose(held, returning)))
    },
    review: (mayReturn) => review(options, mayReturn),
    count: (session) => roster.of(session)?.runs.size ?? 0,
    stateChanged: ({ agent }) => void options.queue.pump(agent),
    storeChanged: waker.wakeAll,
  }
}

function trialOf({ agent, replica }: AgentSession, connection: string): Submission {
  return { agent, job: 'org.get', connection, params: {}, ttlMs: trialTtlMs, requester: `replica ${replica}` }
}

const trialTtlMs = 30_000

type MayReturn = Parameters<Desk['review']>[0]

async function review({ heldRuns, lostRuns }: DeskOptions, mayReturn: MayReturn): Promise<void> {
  const lost = heldRuns.all().filter(({ seat }) => seat === undefined)
  for (const [replica, runs] of Map.groupBy(lost, ({ run }) => run.replica ?? '')) {
    const [agent = ''] = runs.map(({ run }) => run.agent)
    if (await mayReturn({ agent, replica })) continue
    await Promise.all(runs.filter(({ seat }) => seat === undefined).map((held) => lostRuns.lose(held, false)))
  }
}

async function attach(
  options: DeskOptions,
  session: AgentSession,
  held: readonly Attempt[],
): Promise<WelcomePayload['held']> {
  const { roster, heldRuns, lostRuns, recovered } = options
  await recovered
  const seat = roster.seat(session)
  const decisions: WelcomePayload['held'] = []
  for (const { run, attempt } of held) {
    const next = await reclaim(options, seat, { run, attempt })
    decisions.push({ run, attempt, keep: next !== undefined, next: next ?? 0 })
  }
  const named = new Set(held.map(({ run }) => run))
  const missed = heldRuns.all().filter(({ run, seat }) => seat === undefined && run.replica === session.replica)
  await Promise.all(missed.map((run) => lostRuns.miss(run, { session, named: named.has(run.run.id) })))
  return decisions
}

async function open({ roster, queue, lostRuns }: DeskOptions, session: AgentSession): Promise<void> {
  const seat = roster.of(session)
  if (seat === undefined) return
  roster.open(seat)
  // Asked for while the session was lost.
  const cancelled = [...seat.runs.values()].filter(({ cancelAsked }) => cancelAsked)
  for (const { run } of cancelled) session.send({ type: 'cancel', run: run.id })
  void queue.pump(session.agent)
  await Promise.all(cancelled.filter(({ run }) => run.effect === 'read').map(lostRuns.settle))
}

async function receive(options: DeskOptions, arrival: Told): Promise<void> {
  const held = heldOf(arrival)
  try {
    await take(options, arrival)
  } catch (error) {
    if (held === undefined) throw error
    // Without its tally, a page before this one could not be stored: that is no fault of the agent.
    if (error instanceof SallyportError && held.tally !== undefined) {
      await failHere(options, held, wireError(error))
      return drop(arrival)
    }
    held.distrust()
    // Its replica may be back meanwhile, in a session that began with what is not stored.
    if (held.seat !== arrival.seat)
      held.seat?.session.close('internal_error', 'the control plane could not store what came')
    throw error
  }
}

async function refuseOversized(options: DeskOptions, session: AgentSession, frame: Oversized): Promise<void> {
  const { run, isAnswer } = frame
  const held = options.roster.of(session)?.runs.get(run)
  const attempt = frame.attempt ?? held?.run.attempt
  if (held !== undefined && !held.ended && attempt === held.run.attempt) await failHere(options, held, tooLarge)
  if (isAnswer && attempt !== undefined) session.send({ type: 'ack', run, attempt, seq: 'final' })
}

function take(options: DeskOptions, arrival: Told): Promise<void> {
  switch (arrival.type) {
    case 'accepted':
      return takeAccepted(options, arrival)
    case 'parked':
      return takeParked(options, arrival)
    case 'page':
      return takePage(options, arrival)
    case 'done':
      return takeDone(options, arrival)
    case 'failed':
      return takeFailed(options, arrival)
    case 'refused':
      return takeRefused(options, arrival)
    case 'too_late':
      return takeTooLate(options, arrival)
    case 'leaving':
      return takeLeaving(options, arrival)
  }
}

async function takeLeaving({ lostRuns }: DeskOptions, { seat, runs }: Arrival<'leaving'>): Promise<void> {
  const back = runs.flatMap((run) => seat.runs.get(run) ?? []).filter(({ ended }) => !ended)
  await Promise.all(back.map(lostRuns.giveBack))
}

function wireError({ code, message }: SallyportError): WireError {
  return { code, message: message.slice(0, 2000) }
}

const tooLarge = {
  code: 'frame_too_large',
  message: 'collect the answer of the agent: it sent a frame of more than 1 MiB. Update the agent.',
}
