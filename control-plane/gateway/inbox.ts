// What comes in on an open session: each frame goes to whom it concerns. A socket is read as fast as the store takes it.

import { type AgentFrame, limits, readAgentFrame } from '@sallyport/protocol'
import type { Log } from '../ports/log.ts'
import type { AgentSession } from '../runs/agent-session.ts'
import type { Desk } from '../runs/desk.ts'
import type { Ignored } from './ignored.ts'
import type { StateChange } from './replica-state.ts'
import type { Socket } from './socket.ts'

type InboxOptions = {
  readonly session: InboxSession
  readonly socket: Pick<Socket, 'pause' | 'resume'>
  readonly desk: Pick<Desk, 'receive' | 'oversized' | 'trial'>
  readonly ignored: Ignored
  readonly log: Log
}

type InboxSession = AgentSession & {
  describe(change: StateChange): Promise<void>
  /** False where it asked a moment ago. */
  mayTry(): boolean
  deregister(): Promise<void>
}

/** Takes a text that came. */
export type Inbox = (text: string, byteCount: number) => void

/** Come and not stored: with more than this, the socket is not read. */
const unstoredCapBytes = limits.socketBytes

export function createInbox({ session, socket, desk, ignored, log }: InboxOptions): Inbox {
  let unstoredBytes = 0

  const follow = (work: Promise<void>, byteCount: number) => {
    unstoredBytes += byteCount
    if (unstoredBytes > unstoredCapBytes) socket.pause()
    const failed = (error: unknown) => {
      log.error('session.frame_failed', { session: session.id, error })
      session.close('internal_error', 'the control plane could not store what came')
    }
    void work.catch(failed).then(() => {
      unstoredBytes -= byteCount
      if (unstoredBytes <= unstoredCapBytes) socket.resume()
    })
  }

  const take = (frame: AgentFrame, rowsText: string | undefined, byteCount: number) => {
    switch (frame.type) {
      case 'hello':
      case 'started':
        return session.close(
          'frame_unexpected',
          `${frame.type} may not come here: the session is open and leads no feeds`,
        )
      case 'state':
        return follow(session.describe(frame), 0)
      case 'trial':
        return session.mayTry() ? follow(desk.trial(session, frame.connection), 0) : ignored.frame()
      case 'goodbye':
        return follow(session.deregister(), 0)
    }
    follow(desk.receive(session, frame, rowsText), byteCount)
  }

  return (text, byteCount) => {
    const reading = readAgentFrame(text, byteCount)
    switch (reading.kind) {
      case 'ignored':
        return ignored.frame()
      case 'refused':
        return session.close(reading.close, reading.why)
      case 'oversized':
        if (reading.run === undefined) return ignored.frame()
        return follow(desk.oversized(session, { ...reading, run: reading.run, isAnswer: isAnswer(text) }), 0)
    }
    ignored.members(reading.unknownCount)
    take(reading.frame, reading.rows, byteCount)
  }
}

/** Of a frame that is too large to parse: its scalars come before its rows. */
function isAnswer(text: string): boolean {
  return /"type":"(done|failed)"/.test(text.slice(0, 1024))
}
