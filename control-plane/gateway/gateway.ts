// The gate that agents dial: upgrades, the sessions that are open, and closing those that may no longer be.

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { closeCodes } from '@sallyport/protocol'
import type { Signer } from '../keys/signer.ts'
import { atMost } from '../ports/at-most.ts'
import type { Clock } from '../ports/clock.ts'
import { everyInterval } from '../ports/every-interval.ts'
import type { Log } from '../ports/log.ts'
import type { Random } from '../ports/random.ts'
import type { Runs } from '../runs/runs.ts'
import type { Store } from '../store/store.ts'
import { admit } from './admit.ts'
import { challenge } from './challenge.ts'
import { createIgnored, type Ignored } from './ignored.ts'
import { createLeads, type Leads } from './leads.ts'
import { createLobby, type Lobby } from './lobby.ts'
import type { Session } from './session.ts'
import { SessionRefusal } from './session-refusal.ts'
import type { SessionView } from './session-view.ts'
import { createSocketServer, type Socket } from './socket.ts'
import { createTurns, type Turns } from './turns.ts'
import { verifyHello, whyOut } from './verify-hello.ts'

export type Gateway = {
  /** True where the path was the gateway's: the socket is then taken care of, whatever becomes of it. */
  upgrade(req: IncomingMessage, socket: Duplex, head: Buffer): boolean
  sessions(): readonly SessionView[]
  /** What peers sent that this version does not know, since the start. */
  ignored(): { readonly frameCount: number; readonly memberCount: number }
  /** Closes sessions of revoked replicas and disabled or deleted agents. Call it after changing one in this process. */
  review(): Promise<void>
  /** Tells every agent to come back after `backMs`, closes 1012, and waits for the sockets and for what was begun on them. */
  close(): Promise<void>
}

export type GatewayOptions = {
  readonly store: Pick<Store, 'agents' | 'replicas' | 'audit' | 'version'>
  readonly signer: Signer
  readonly runs: Pick<Runs, 'desk'>
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  /** Before `/v1/session`; none where it is left out. */
  readonly prefix?: string
}

const reviewMs = 1000
const backMs = 1000
/** How long the sockets may take to say goodbye. */
const goodbyeMs = 2000
/** How long what was begun may take where the socket is gone: it waits for the store and the signer alone. */
const leftoverMs = 2000
const stopping = 'the control plane is stopping'

export function createGateway(options: GatewayOptions): Gateway {
  const { clock, prefix = '' } = options
  const server = createSocketServer()
  const closing = new AbortController()
  const hall: Hall = {
    ...options,
    closing: closing.signal,
    ignored: createIgnored(),
    sessions: new Map(),
    leads: createLeads(options),
    sockets: new Set(),
    receptions: new Set(),
    lobby: createLobby(),
    turns: createTurns(),
  }
  const look = lookForChanges(hall)
  const looking = everyInterval({ clock, ms: reviewMs, signal: closing.signal }, look)

  return {
    upgrade: (req, socket, head) => {
      if (pathOf(req) !== `${prefix}/v1/session`) return false
      if (closing.signal.aborted) socket.destroy()
      else server.accept(req, socket, head, (opened) => receiveSocket(hall, opened))
      return true
    },
    sessions: () => [...hall.sessions.values()].map((session) => session.view()),
    ignored: () => hall.ignored.counts(),
    review: () => review(hall),
    async close() {
      closing.abort()
      await Promise.all([looking, dismiss(hall)])
    },
  }
}

/** What the gateway has open. */
type Hall = GatewayOptions & {
  readonly closing: AbortSignal
  readonly ignored: Ignored
  /** By replica: each has one. */
  readonly sessions: Map<string, Session>
  readonly leads: Leads
  /** Of sessions, and of those that are not yet. */
  readonly sockets: Set<Socket>
  /** Each is over when its socket became a session, or will not. */
  readonly receptions: Set<Promise<void>>
  readonly lobby: Lobby
  readonly turns: Turns
}

function receiveSocket(hall: Hall, socket: Socket): void {
  const { sockets, lobby, receptions } = hall
  sockets.add(socket)
  lobby.enter(socket)
  void socket.ended.then(() => sockets.delete(socket))
  const reception = openOrRefuse(hall, socket).finally(() => receptions.delete(reception))
  receptions.add(reception)
}

async function openOrRefuse(hall: Hall, socket: Socket): Promise<void> {
  const { lobby, log } = hall
  try {
    if (await openSession(hall, socket)) lobby.leave(socket)
  } catch (error) {
    const refusal = error instanceof SessionRefusal ? error : new SessionRefusal('internal_error', 'a defect')
    if (refusal === error) log.warn('session.refused', { reason: refusal.reason, why: refusal.message })
    else log.error('session.failed', { error })
    socket.close(closeCodes[refusal.reason].code, refusal.message)
  }
}

/** False where the peer closed before it said who it is. */
async function openSession(hall: Hall, socket: Socket): Promise<boolean> {
  const { signer, store, clock, random, ignored, sessions, runs, turns } = hall
  const challenged = await challenge({ socket, plane: signer.plane, clock, random, ignored })
  if (challenged === undefined) return false
  const { hello, nonce, at: challengedAt } = challenged
  const introduction = await verifyHello({ store, plane: signer.plane, nonce }, hello)
  const { replica } = introduction.body
  const ended = (session: Session) => {
    if (sessions.get(replica) === session) sessions.delete(replica)
    if (session.draining) hall.leads.left(session)
  }
  const session = await turns(replica, async () => {
    if (hall.closing.aborted) throw new SessionRefusal('restart', stopping)
    return await admit({ ...hall, socket, introduction, challengedAt, desk: runs.desk, ended })
  })
  // Closing ended those that were open when it began.
  if (hall.closing.aborted) await session.end('restart', stopping)
  return true
}

function lookForChanges(hall: Hall): () => Promise<void> {
  const announceKeys = createAnnounceKeys(hall)
  let seen: number | undefined
  return async () => {
    try {
      await hall.leads.review([...hall.sessions.values()])
      announceKeys()
      const version = await hall.store.version()
      if (version === seen) return
      if (seen !== undefined) {
        await hall.signer.refresh?.()
        hall.runs.desk.storeChanged()
      }
      seen = version
      await review(hall)
    } catch (error) {
      hall.log.error('gateway.review_failed', { error })
    }
  }
}

function createAnnounceKeys({ signer, sessions, log }: Pick<Hall, 'signer' | 'sessions' | 'log'>): () => void {
  let told = signer.announcement
  return () => {
    if (signer.announcement === told) return
    told = signer.announcement
    for (const session of sessions.values()) session.tellKeys()
    // When the next key follows, the file is rid of the one before.
    signer.refresh?.().catch((error: unknown) => log.error('keys.not_refreshed', { error }))
  }
}

async function review({ sessions, store, runs }: Hall): Promise<void> {
  for (const session of [...sessions.values()]) {
    const out = await whyOut(store, session)
    if (out !== undefined) await session.end(out.reason, out.message)
  }
  await runs.desk.review(async (replica) => (await whyOut(store, replica)) === undefined)
}

async function dismiss({ sessions, sockets, receptions, clock }: Hall): Promise<void> {
  const ends = [...sessions.values()].map((session) => {
    session.leave(backMs)
    return session.end('restart', stopping)
  })
  for (const socket of sockets) socket.close(closeCodes.restart.code, stopping)
  const goodbyes = Promise.all([...sockets].map(({ ended }) => ended))
  await Promise.all([...ends, atMost({ clock, ms: goodbyeMs }, goodbyes)])
  for (const socket of sockets) socket.destroy()
  await atMost({ clock, ms: leftoverMs }, Promise.all(receptions))
}

function pathOf({ url = '' }: IncomingMessage): string {
  return url.split('?', 1)[0] ?? ''
}
