// One end of a WebSocket in the hands of a fuzzer: it sends whatever bytes it likes and sees how the far end takes them.

import { once } from 'node:events'
import type { WebSocket } from 'ws'
import type { FakeClock } from '../support/fake-clock.ts'
import type { Members, Message } from './mutate.ts'

export type Line = {
  send(message: Message): void
  say(frame: Members): void
  /** The next frame of this type; undefined where the socket closes first. Others that came before it are dropped. */
  next(type: string): Promise<Members | undefined>
  /** The frames of this type that came so far; others that came are dropped. */
  taken(type: string): readonly Members[]
  /** Resolves when the far end has read what was sent: true, or false where it closed. */
  settle(): Promise<boolean>
  readonly isOpen: boolean
  cut(): void
  readonly closed: Promise<{ readonly code: number; readonly reason: string }>
}

export function openLine(socket: WebSocket): Line {
  const inbox: Members[] = []
  let wake = Promise.withResolvers<void>()
  const stir = () => {
    wake.resolve()
    wake = Promise.withResolvers()
  }
  const closed = once(socket, 'close').then(([code, reason]) => ({ code: Number(code), reason: String(reason) }))
  let isOpen = true
  void closed.then(() => {
    isOpen = false
    stir()
  })
  socket.on('error', () => {})
  socket.on('message', (data) => {
    inbox.push(JSON.parse(String(data)))
    stir()
  })
  let pingCount = 0
  const answered = new Set<string>()
  socket.on('pong', (data) => {
    answered.add(String(data))
    stir()
  })

  return {
    send: ({ bytes, binary }) => socket.send(bytes, { binary }, () => {}),
    say: (frame) => socket.send(JSON.stringify(frame), () => {}),
    next: async (type) => {
      while (true) {
        for (let frame = inbox.shift(); frame !== undefined; frame = inbox.shift())
          if (frame.type === type) return frame
        if (!isOpen) return undefined
        await wake.promise
      }
    },
    taken: (type) => inbox.splice(0).filter((frame) => frame.type === type),
    settle: async () => {
      pingCount += 1
      const mark = String(pingCount)
      if (socket.readyState === socket.OPEN) socket.ping(mark, undefined, () => {})
      while (isOpen && !answered.delete(mark)) await wake.promise
      return isOpen
    },
    get isOpen() {
      return isOpen
    },
    cut: () => socket.terminate(),
    closed,
  }
}

/** Lets time pass, two hundred times as fast as it does, until the promise is settled. */
export async function pass<Value>(clock: FakeClock, promise: Promise<Value>): Promise<Value> {
  let isSettled = false
  const watched = promise.finally(() => {
    isSettled = true
  })
  watched.catch(() => {})
  while (!isSettled) await clock.advance(10)
  return await watched
}
