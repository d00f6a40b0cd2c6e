// The end of a session: it comes once, whoever asks for it, and is over when the runs of the session are taken care of.

import { type CloseReason, closeCodes } from '@sallyport/protocol'
import type { Log } from '../ports/log.ts'
import type { AgentSession } from '../runs/agent-session.ts'
import type { Desk } from '../runs/desk.ts'
import type { Socket } from './socket.ts'

export type Ending = {
  /** Aborted as soon as it begins. */
  readonly signal: AbortSignal
  /** Closes the socket, which may take longer. */
  end(reason: CloseReason, why: string): Promise<void>
  /** The socket is gone already. */
  lose(why: string): Promise<void>
}

type EndingOptions = {
  readonly session: AgentSession
  readonly socket: Pick<Socket, 'close'>
  readonly desk: Pick<Desk, 'detach'>
  readonly log: Log
  /** Called once, when the runs are taken care of. */
  readonly ended: () => void
}

/** After these the replica does not come back: nobody waits for what it held. */
const goneReasons: ReadonlySet<CloseReason> = new Set([
  'replica_unknown',
  'replica_revoked',
  'agent_disabled',
  'deregistered',
])

export function createEnding({ session, socket, desk, log, ended }: EndingOptions): Ending {
  const begun = new AbortController()
  let over: Promise<void> | undefined

  const detach = async (why: string, returning: boolean) => {
    begun.abort()
    const { id, agent, replica } = session
    log.info('session.closed', { session: id, agent, replica, why })
    try {
      await desk.detach(session, returning)
    } catch (error) {
      log.error('session.runs_not_detached', { session: id, error })
    }
    ended()
  }

  const begin = (why: string, returning: boolean) => {
    over ??= detach(why, returning)
    return over
  }

  return {
    signal: begun.signal,
    end: (reason, why) => {
      if (!begun.signal.aborted) socket.close(closeCodes[reason].code, why)
      return begin(`${reason}: ${why}`, !goneReasons.has(reason))
    },
    lose: (why) => begin(why, true),
  }
}
