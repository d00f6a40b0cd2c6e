// The second half of a handshake: of two processes with the key of one replica only one comes in; then `welcome`.

import { limits, signedTypes, times, type WelcomePayload } from '@sallyport/protocol'
import type { Random } from '../ports/random.ts'
import type { Store } from '../store/store.ts'
import type { Leads } from './leads.ts'
import { judgeHead, keptHead, raiseAlarm } from './ledger-head.ts'
import { Session, type SessionOptions } from './session.ts'
import { SessionRefusal } from './session-refusal.ts'
import { whyOut } from './verify-hello.ts'

export type AdmitOptions = Omit<SessionOptions, 'id'> & {
  readonly random: Random
  readonly store: Pick<Store, 'agents' | 'replicas' | 'audit'>
  /** The open session of each replica. */
  readonly sessions: Map<string, Session>
  readonly leads: Leads
}

/** Throws `SessionRefusal`. One at a time for each replica. */
export async function admit(options: AdmitOptions): Promise<Session> {
  const { introduction, random, sessions, desk, log } = options
  const { agent, replica, held, version } = introduction.body
  await refuseClone(options)
  await raiseCounter(options)
  await sessions.get(replica)?.end('session_replaced', 'a newer session of the same replica')

  const session = new Session({ ...options, id: `se_${random.bytes(12).toString('base64url')}` })
  try {
    const decisions = await desk.attach(session, held)
    const leading = await options.leads.begin(session)
    session.welcomed(leading)
    await sendWelcome(options, session, { held: decisions, ...leading })
  } catch (error) {
    await session.end('internal_error', 'the session could not be opened')
    throw error
  }
  sessions.set(replica, session)
  session.start()
  session.tellKeys()
  log.info('session.opened', { session: session.id, agent, replica, version, held: held.length })
  // What changed since the hello was looked at; what changes from here on ends the session, now that it is among them.
  const out = await whyOut(options.store, session)
  if (out === undefined) await desk.open(session)
  else await session.end(out.reason, out.message)
  return session
}

/** A cloned host: another process has a session by the same key, and is alive. */
async function refuseClone({ introduction, sessions, clock, random }: AdmitOptions): Promise<void> {
  const { replica, instance } = introduction.body
  const old = sessions.get(replica)
  if (old === undefined || old.instance === instance) return
  const waited = new AbortController()
  const wait = clock.sleep(times.conflictPingMs, waited.signal)
  wait.catch(() => {})
  const isAlive = await old.answersPing({ payload: random.bytes(16), wait })
  waited.abort()
  // A session that ended meanwhile is in nobody's way, whoever answered.
  if (!isAlive || sessions.get(replica) !== old) return
  throw new SessionRefusal('replica_conflict', `another process uses replica ${replica}: enrol each host by itself`)
}

async function raiseCounter(options: AdmitOptions): Promise<void> {
  const { introduction, store, clock } = options
  const { replica: id, counter, instance, version, journal = null, ledger } = introduction.body
  const at = clock.now()
  const { replica } = introduction
  const why = judgeHead(keptHead(replica), ledger)
  const ledgerAlarmAt = why === undefined ? undefined : at
  const isOpened = await store.replicas.opened({ id, counter, instance, version, journal, at, ledger, ledgerAlarmAt })
  if (isOpened && why !== undefined) await raiseAlarm(options, { why, replica, told: ledger })
  if (isOpened) return
  throw new SessionRefusal(
    'counter_behind',
    `session ${counter} of replica ${id} was opened before: the host was cloned or restored; enrol again`,
  )
}

async function sendWelcome(
  { introduction, signer, socket }: AdmitOptions,
  { id: session }: Session,
  said: Pick<WelcomePayload, 'held' | 'lead' | 'epoch'>,
): Promise<void> {
  const { agent, replica, nonce } = introduction.body
  const { sessionCreditBytes, runCreditBytes } = limits
  const jws = await signer.sign(signedTypes.welcome, {
    plane: signer.plane,
    agent,
    replica,
    nonce,
    session,
    protocol: introduction.protocol,
    ...said,
    limits: { sessionCreditBytes, runCreditBytes },
  })
  socket.send(JSON.stringify({ type: 'welcome', jws }))
}
