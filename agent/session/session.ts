// One session with the control plane, from opening the socket to its end.

import { type CloseReason, closeCodes, closeReason } from '@sallyport/protocol'
import type { Identity, IdentityFile } from '../identity/identity.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Log } from '../log.ts'
import type { Clock } from '../ports/clock.ts'
import type { Random } from '../ports/random.ts'
import type { Send } from '../runs/outbox.ts'
import type { Runs } from '../runs/runs.ts'
import type { LeakGuard } from '../vault/leak-guard.ts'
import { retryAfterClose, type SessionEnd } from './backoff.ts'
import { closeSocket } from './close-socket.ts'
import { guardedSend } from './guarded-send.ts'
import { HandshakeRefusal, type Introduction, shakeHands } from './handshake.ts'
import { createIgnored, type Ignored } from './ignored.ts'
import type { LeadKeeper } from './lead.ts'
import { watchSilence } from './liveness.ts'
import { pinKeys } from './pinned-keys.ts'
import { planeUrl } from './plane-url.ts'
import { createServer } from './serve.ts'
import type { OpenSocket, Socket } from './socket.ts'

export type SessionRuns = Omit<Runs, 'recover' | 'drain' | 'halt' | 'list'>

export type SessionOptions = {
  /** Of the control plane, as the customer configured it. */
  readonly url: string
  readonly identityFile: IdentityFile
  readonly openSocket: OpenSocket
  readonly runs: SessionRuns
  readonly introduce: () => Introduction
  readonly lead: LeadKeeper
  /** Drawn when the process starts. */
  readonly instance: string
  readonly ledger: Pick<Ledger, 'add'>
  readonly guard: LeakGuard
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
}

/** An open session, for those who have something to say in it. */
export type OpenSession = { readonly id: string; readonly send: Send; close(reason: CloseReason): void }

type Opened = (session: OpenSession) => void

/**
 * Resolves when the session has ended, however it did; `opened` is called in between if the handshake went well. Rejects
 * where there was no socket (`plane_…`) or the identity cannot be used (`identity_…`).
 */
export async function holdSession(options: SessionOptions, opened: Opened, signal: AbortSignal): Promise<SessionEnd> {
  const { url, identityFile, openSocket, clock } = options
  await identityFile.read()
  const socket = await openSocket(planeUrl(url, '/v1/session'), signal)
  const over = new AbortController()
  let said: CloseReason | undefined
  const close = (reason: CloseReason) => {
    if (said !== undefined) return
    said = reason
    closeSocket({ socket, reason, clock, over: over.signal })
  }
  const stop = () => close('left')
  signal.addEventListener('abort', stop)
  try {
    // While the socket was handed over nobody listened.
    signal.throwIfAborted()
    // Durably, and only now: a plane that is away for a day would cost a write to the disk for each try.
    const identity = await identityFile.nextCounter()
    return await live({
      ...options,
      ignored: createIgnored(options.log),
      identity,
      socket,
      close,
      opened,
      said: () => said,
      over: over.signal,
      signal,
    })
  } finally {
    over.abort()
    socket.destroy()
    signal.removeEventListener('abort', stop)
  }
}

type Living = SessionOptions & {
  readonly ignored: Ignored
  readonly identity: Identity
  readonly socket: Socket
  readonly close: (reason: CloseReason) => void
  readonly opened: Opened
  /** Why this end closed; what the other end echoes says nothing new, and what it says instead is not believed. */
  readonly said: () => CloseReason | undefined
  readonly over: AbortSignal
  readonly signal: AbortSignal
}

async function live(living: Living): Promise<SessionEnd> {
  const { socket, runs, clock, ledger, log, said, ignored } = living
  const left = { backMs: 0 }
  const openedAt = await open(living, left)
  const { code, reason: why } = await socket.ended
  runs.detach()
  const reason = said() ?? closeReason(code)
  const lastedMs = openedAt === undefined ? 0 : Math.round(clock.monotonic() - openedAt)
  const row = reason === undefined ? undefined : closeCodes[reason]
  if (openedAt !== undefined) ledger.add({ kind: 'session.closed', reason: reason ?? null })
  const level = row?.fault === 'nobody' ? 'info' : 'warn'
  log[level]('session.closed', {
    code: row?.code ?? code,
    reason,
    meaning: row?.meaning,
    why,
    lastedMs,
    ignored: ignored.counts(),
  })
  return { reason, retry: retryAfterClose(reason), lastedMs, backMs: left.backMs }
}

/** When it was opened; undefined where one of the two ends closed during the handshake. */
async function open(living: Living, left: { backMs: number }): Promise<number | undefined> {
  const { identity, socket, runs, close, clock, ledger, log, random, over, signal } = living
  const keys = pinKeys(identity.plane.keys)
  const nonce = random.bytes(32).toString('base64url')
  const send = guardedSend(socket, living)
  try {
    const handshake = await shakeHands({ ...living, identity, keys, nonce, send, signal })
    if (handshake === undefined) return undefined
    // From the welcome to here nobody else would have noticed.
    signal.throwIfAborted()
    const { welcome, challengedAt } = handshake
    const { session, plane, lead } = welcome
    log.info('session.opened', { session, plane, lead })
    ledger.add({ kind: 'session.opened', session, plane, lead })
    const leave = (backMs: number) => {
      left.backMs = backMs
    }
    living.lead.take({ lead, epoch: welcome.epoch })
    runs.attach(send, welcome)
    living.opened({ id: session, send, close })
    const serve = createServer({ ...living, identity, nonce, challengedAt, send, leave })
    // It may have been closed as soon as it was opened.
    if (living.said() === undefined) socket.receive(serve)
    void watchSilence(socket, clock, over).then((silent) => silent && close('peer_silent'))
    return clock.monotonic()
  } catch (error) {
    if (!(error instanceof HandshakeRefusal)) throw error
    log.warn('session.refused', { reason: error.reason, error })
    close(error.reason)
    return undefined
  }
}
