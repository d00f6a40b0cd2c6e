// The way out to the control plane: every text that leaves passes here, and the leak guard with it.

import type { Log } from '../log.ts'
import type { Send } from '../runs/outbox.ts'
import type { LeakGuard } from '../vault/leak-guard.ts'
import type { Socket } from './socket.ts'

export function guardedSend(socket: Socket, { guard, log }: { guard: LeakGuard; log: Log }): Send {
  return (text) => {
    const hit = guard.contains(text, 'frame')
    if (hit !== undefined) {
      log.error('leak.blocked', { secretOf: hit.name, encoding: hit.encoding })
      return 'blocked'
    }
    return socket.send(text)
  }
}
