// One open session: frames in and out, what the agent said of itself, and its end, which comes once.

import { createHash } from 'node:crypto'
import {
  type AgentFrame,
  type BatchPayload,
  type CloseReason,
  type ConnectionState,
  closeCodes,
  limits,
  type PlaneFrame,
  readAgentFrame,
  signedTypes,
} from '@sallyport/protocol'
import type { Signer } from '../keys/signer.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { AgentSession } from '../runs/agent-session.ts'
import type { Desk } from '../runs/desk.ts'
import type { Store } from '../store/store.ts'
import type { SessionView } from './gateway.ts'
import type { Ignored } from './ignored.ts'
import { answersPing, watchSilence } from './silence.ts'
import type { Socket } from './socket.ts'
import type { Introduction } from './verify-hello.ts'

export type SessionOptions = {
  readonly id: string
  readonly socket: Socket
  readonly introduction: Introduction
  readonly signer: Signer
  readonly desk: Desk
  readonly store: Pick<Store, 'replicas'>
  readonly clock: Clock
  readonly log: Log
  readonly ignored: Ignored
  /** Called once, when its runs are taken care of. */
  readonly ended: (session: Session) => void
}

/** After these the replica does not come back: nobody waits for what it held. */
const goneReasons: ReadonlySet<CloseReason> = new Set([
  'replica_unknown',
  'replica_revoked',
  'agent_disabled',
  'deregistered',
])

/** Written and not read by the agent: with more than this, it gets no runs. */
const congestedBytes = limits.frameBytes
/** Frames to an agent that is congested: one that talks on and does not read the replies is cut off after this many. */
const unreadCapCount = 20_000
/** Come and not stored: with more than this, the socket is not read. */
const unstoredCapBytes = limits.socketBytes

export class Session implements AgentSession {
  readonly id: string
  readonly agent: string
  readonly replica: string
  readonly instance: string
  readonly openedAt: number
  readonly #options: SessionOptions
  readonly #ending = new AbortController()
  #jobs: ReadonlySet<string>
  #policy: string | null
  #connections: readonly ConnectionState[]
  #draining = false
  #unreadCount = 0
  #unstoredBytes = 0
  #over: Promise<void> | undefined

  constructor(options: SessionOptions) {
    const { body } = options.introduction
    this.id = options.id
    this.agent = body.agent
    this.replica = body.replica
    this.instance = body.instance
    this.openedAt = options.clock.now()
    this.#options = options
    this.#jobs = new Set(body.jobs)
    this.#policy = body.policy
    this.#connections = body.connections
  }

  /** From here on frames are taken, and the end of the socket is noticed. */
  start(): void {
    const { socket, clock } = this.#options
    socket.receive((text, byteCount) => this.#receive(text, byteCount))
    void socket.ended.then(({ code, reason }) => this.#end(`closed by the agent: ${code} ${reason}`.trim(), true))
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
      jobs: [...this.#jobs],
      policy: this.#policy,
      connections: this.#connections,
      draining: this.#draining,
      runCount: this.#options.desk.count(this),
    }
  }

  takesRuns(): boolean {
    return !this.#draining && this.#over === undefined && this.#options.socket.waitingBytes() < congestedBytes
  }

  accepts(job: string): boolean {
    return this.#jobs.has(job)
  }

  send(frame: PlaneFrame): void {
    if (this.#over !== undefined) return
    const { socket } = this.#options
    socket.send(JSON.stringify(frame))
    this.#unreadCount = socket.waitingBytes() < congestedBytes ? 0 : this.#unreadCount + 1
    if (this.#unreadCount <= unreadCapCount) return
    this.close('peer_silent', 'it does not read what it is sent')
    socket.destroy()
  }

  async sendBatch(runs: BatchPayload['runs']): Promise<string | undefined> {
    const { signer, introduction } = this.#options
    const { agent, replica, nonce } = introduction.body
    const jws = await signer.sign(signedTypes.batch, { plane: signer.plane, agent, replica, nonce, runs })
    if (this.#over !== undefined) return undefined
    this.send({ type: 'run', jws })
    return createHash('sha256').update(jws).digest('hex')
  }

  /** The plane is stopping: no more runs, and the agent is told when to come back. */
  leave(backMs: number): void {
    this.send({ type: 'leave', reason: 'drain', backMs })
    this.#draining = true
  }

  answersPing(wait: Promise<void>): Promise<boolean> {
    return answersPing(this.#options.socket, wait)
  }

  close(reason: CloseReason, why: string): void {
    void this.end(reason, why)
  }

  /** Resolves when its runs are taken care of; the socket may end later. */
  end(reason: CloseReason, why: string): Promise<void> {
    if (this.#over === undefined) this.#options.socket.close(closeCodes[reason].code, why)
    return this.#end(`${reason}: ${why}`, !goneReasons.has(reason))
  }

  #end(why: string, returning: boolean): Promise<void> {
    this.#over ??= this.#detach(why, returning)
    return this.#over
  }

  async #detach(why: string, returning: boolean): Promise<void> {
    const { desk, log, ended } = this.#options
    this.#ending.abort()
    log.info('session.closed', { session: this.id, agent: this.agent, replica: this.replica, why })
    try {
      await desk.detach(this, returning)
    } catch (error) {
      log.error('session.runs_not_detached', { session: this.id, error })
    }
    ended(this)
  }

  #receive(text: string, byteCount: number): void {
    if (this.#over !== undefined) return
    const { ignored, desk } = this.#options
    const reading = readAgentFrame(text, byteCount)
    if (reading.kind === 'ignored') return ignored.frame()
    if (reading.kind === 'refused') return this.close(reading.close, reading.why)
    if (reading.kind === 'oversized') {
      const { run, attempt } = reading
      return run === undefined ? ignored.frame() : this.#await(desk.oversized(this, run, attempt), 0)
    }
    ignored.members(reading.unknownCount)
    this.#take(reading.frame, reading.rows, byteCount)
  }

  #take(frame: AgentFrame, rows: string | undefined, byteCount: number): void {
    switch (frame.type) {
      case 'hello':
      case 'started':
        return this.close('frame_unexpected', `${frame.type} may not come here: the session is open and leads no feeds`)
      case 'state':
        return this.#describe(frame)
      case 'goodbye':
        return this.#await(this.#deregister(), 0)
      case 'leaving':
        this.#draining = true
    }
    this.#await(this.#options.desk.receive(this, frame, rows), byteCount)
  }

  #describe({ jobs, policy, connections, draining }: Extract<AgentFrame, { type: 'state' }>): void {
    if (jobs !== undefined) this.#jobs = new Set(jobs)
    if (policy !== undefined) this.#policy = policy
    if (connections !== undefined) this.#connections = connections
    if (draining !== undefined) this.#draining = draining
  }

  async #deregister(): Promise<void> {
    const { store, clock } = this.#options
    await store.replicas.revoke(this.replica, clock.now())
    await this.end('deregistered', 'the agent said goodbye')
  }

  /** The far end may send faster than the store takes: then it is not read for a while. */
  #await(work: Promise<void>, byteCount: number): void {
    const { socket, log } = this.#options
    this.#unstoredBytes += byteCount
    if (this.#unstoredBytes > unstoredCapBytes) socket.pause()
    const failed = (error: unknown) => {
      log.error('session.frame_failed', { session: this.id, error })
      this.close('internal_error', 'the control plane could not store what came')
    }
    void work.catch(failed).then(() => {
      this.#unstoredBytes -= byteCount
      if (this.#unstoredBytes <= unstoredCapBytes) socket.resume()
    })
  }
}
