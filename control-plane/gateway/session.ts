// One open session: what goes out on it, and what the agent said of itself. What comes in is the inbox's.

import { createHash } from 'node:crypto'
import { type BatchPayload, type CloseReason, type PlaneFrame, signedTypes } from '@sallyport/protocol'
import type { Signer } from '../keys/signer.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { AgentSession, JournalState } from '../runs/agent-session.ts'
import type { Desk } from '../runs/desk.ts'
import type { Store } from '../store/store.ts'
import { createEnding, type Ending } from './ending.ts'
import type { Ignored } from './ignored.ts'
import { createInbox } from './inbox.ts'
import type { Leading } from './leads.ts'
import { takeHead } from './ledger-head.ts'
import { createOutflow, type Outflow } from './outflow.ts'
import { firstState, nextState, type ReplicaState, type StateChange } from './replica-state.ts'
import type { SessionView } from './session-view.ts'
import { answersPing, type Ping, watchSilence } from './silence.ts'
import type { Socket } from './socket.ts'
import type { Introduction } from './verify-hello.ts'

export type SessionOptions = {
  readonly id: string
  readonly socket: Socket
  readonly introduction: Introduction
  /** When `challenge` went out, by the clock that only goes forward. */
  readonly challengedAt: number
  readonly signer: Signer
  readonly desk: Desk
  readonly store: Pick<Store, 'audit' | 'replicas'>
  readonly clock: Clock
  readonly log: Log
  readonly ignored: Ignored
  /** Called once, when its runs are taken care of. */
  readonly ended: (session: Session) => void
}

const trialEveryMs = 1000

export class Session implements AgentSession {
  readonly id: string
  readonly agent: string
  readonly replica: string
  readonly instance: string
  readonly journalId: string | null
  readonly openedAt: number
  readonly #options: SessionOptions
  readonly #outflow: Outflow
  readonly #ending: Ending
  #state: ReplicaState
  #lead = false
  #announced: string | undefined
  #triedAt: number | undefined

  constructor(options: SessionOptions) {
    const { body } = options.introduction
    this.id = options.id
    this.agent = body.agent
    this.replica = body.replica
    this.instance = body.instance
    this.journalId = body.journal === undefined ? null : (body.journalId ?? null)
    this.openedAt = options.clock.now()
    this.#options = options
    this.#outflow = createOutflow(options.socket)
    this.#ending = createEnding({ ...options, session: this, ended: () => options.ended(this) })
    this.#state = firstState(body)
  }

  /** From here on frames are taken, and the end of the socket is noticed. */
  start(): void {
    const { socket, clock } = this.#options
    const inbox = createInbox({ ...this.#options, session: this })
    socket.receive((text, byteCount) => {
      if (!this.#isOver()) inbox(text, byteCount)
    })
    void socket.ended.then(({ code, reason }) => this.#ending.lose(`closed by the agent: ${code} ${reason}`.trim()))
    void watchSilence(socket, clock, this.#ending.signal).then((silent) => {
      if (silent) this.close('peer_silent', 'no byte came, and no answer to a ping')
    })
  }

  view(): SessionView {
    return {
      id: this.id,
      agent: this.agent,
      replica: this.replica,
      version: this.#options.introduction.body.version,
      openedAt: this.openedAt,
      lead: this.#lead,
      ...this.#state,
      jobs: [...this.#state.jobs],
      runCount: this.#options.desk.count(this),
    }
  }

  takesRuns(): boolean {
    return !this.#state.draining && !this.#isOver() && !this.#outflow.isCongested()
  }

  accepts(job: string): boolean {
    return this.#state.jobs.has(job)
  }

  journal(): JournalState | null {
    return this.#state.journal
  }

  send(frame: PlaneFrame): void {
    if (this.#isOver()) return
    if (this.#outflow.send(JSON.stringify(frame))) return
    this.close('peer_silent', 'it does not read what it is sent')
    this.#options.socket.destroy()
  }

  get leads(): boolean {
    return this.#lead
  }

  get draining(): boolean {
    return this.#state.draining
  }

  /** `welcome` said it. */
  welcomed({ lead }: Leading): void {
    this.#lead = lead
  }

  /** Of the statement in force, once in the session: an agent that has it pinned does nothing. */
  tellKeys(): void {
    const { announcement } = this.#options.signer
    if (announcement === undefined || announcement === this.#announced) return
    this.#announced = announcement
    this.send({ type: 'keys', jws: announcement })
  }

  async tellLead({ lead, epoch }: Leading): Promise<void> {
    const { signer, introduction } = this.#options
    const { agent, replica, nonce } = introduction.body
    this.#lead = lead
    const jws = await signer.sign(signedTypes.lead, { plane: signer.plane, agent, replica, nonce, lead, epoch })
    this.send({ type: 'lead', jws })
  }

  async sendBatch(runs: BatchPayload['runs']): Promise<string | undefined> {
    const { signer, introduction, clock, challengedAt } = this.#options
    const { agent, replica, nonce } = introduction.body
    const sentAfterMs = Math.floor(clock.monotonic() - challengedAt)
    const payload = { plane: signer.plane, agent, replica, nonce, sentAfterMs, runs }
    const jws = await signer.sign(signedTypes.batch, payload)
    if (this.#isOver()) return undefined
    this.send({ type: 'run', jws })
    return createHash('sha256').update(jws).digest('hex')
  }

  /** The plane is stopping: no more runs, and the agent is told when to come back. */
  leave(backMs: number): void {
    this.send({ type: 'leave', reason: 'drain', backMs })
    this.#state = nextState(this.#state, { draining: true })
  }

  /** What has changed at the agent. It counts at once; resolves when what is kept of it is stored. */
  async describe(change: StateChange): Promise<void> {
    const { desk, store } = this.#options
    this.#state = nextState(this.#state, change)
    desk.stateChanged(this)
    if (change.journal !== undefined) await store.replicas.told(this.replica, change.journal)
    if (change.ledger !== undefined) await takeHead(this.#options, this.replica, change.ledger)
  }

  mayTry(): boolean {
    const at = this.#options.clock.monotonic()
    if (this.#triedAt !== undefined && at - this.#triedAt < trialEveryMs) return false
    this.#triedAt = at
    return true
  }

  /** The agent leaves for good. */
  async deregister(): Promise<void> {
    const { store, clock } = this.#options
    await store.replicas.revoke(this.replica, clock.now())
    await this.end('deregistered', 'the agent said goodbye')
  }

  answersPing(ping: Ping): Promise<boolean> {
    return answersPing(this.#options.socket, ping)
  }

  close(reason: CloseReason, why: string): void {
    void this.end(reason, why)
  }

  /** Resolves when its runs are taken care of; the socket may end later. */
  end(reason: CloseReason, why: string): Promise<void> {
    return this.#ending.end(reason, why)
  }

  #isOver(): boolean {
    return this.#ending.signal.aborted
  }
}
