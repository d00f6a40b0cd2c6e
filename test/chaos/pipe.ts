// One TCP connection through a link, as its two halves. What one end does, bytes, its end and its reset, comes to the other
// in order and when the weather lets it.

import { connect, type Socket } from 'node:net'
import type { End } from './link.ts'
import { reset } from './reset.ts'
import type { Weather } from './weather.ts'

export type Pipe = {
  cut(): void
  strand(end: End): void
  sever(how: 'reset' | 'silent'): void
  readonly ended: Promise<unknown>
}

type PipeOptions = {
  readonly near: Socket
  readonly target: () => number | undefined
  readonly passage: Weather['passage']
  readonly touch: () => void
  readonly onUnheard: () => void
}

/** Takes a socket that is paused. */
export function createPipe({ near, target, passage, touch, onUnheard }: PipeOptions): Pipe {
  const broken = new AbortController()
  // The link may go while time stands still, and nobody who sleeps wakes any more.
  const stopped = new Promise<void>((resolve) => {
    broken.signal.addEventListener('abort', () => resolve())
  })
  const gone = Promise.withResolvers<void>()
  let far: Socket | undefined
  const half = (from: Socket, to: Socket) => carry({ from, to, passage, touch, signal: broken.signal })

  /** The path to the far end is part of the link: where nothing passes, a connection is not made either. */
  const open = async () => {
    await Promise.race([passage(1), stopped])
    const port = target()
    if (broken.signal.aborted || near.destroyed) return
    if (port === undefined) return void reset(near)
    const there = connect({ port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true })
    there.on('error', () => {})
    far = there
    there.once('connect', touch)
    half(near, there)
    half(there, near)
    await Promise.all([closed(near), closed(there)])
  }
  const opened = open()
  void opened.then(() => closed(near)).then(gone.resolve)

  /** No byte passes from now on, not even one that was on its way. */
  const stop = () => {
    broken.abort()
    near.pause()
    far?.pause()
    touch()
  }

  return {
    ended: gone.promise,
    cut: () => {
      stop()
      reset(near)
      if (far !== undefined) reset(far)
    },
    strand: (end) => {
      stop()
      if (end === 'near') return void reset(near)
      if (far !== undefined) reset(far)
      // Who has it open takes it for a good one, however long ago that was.
      near.once('data', onUnheard).resume()
    },
    sever: (how) => {
      stop()
      reset(near)
      if (how === 'reset' && far !== undefined) reset(far)
    },
  }
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.destroyed) resolve()
    else socket.once('close', () => resolve())
  })
}

type Half = {
  readonly from: Socket
  readonly to: Socket
  readonly passage: Weather['passage']
  readonly touch: () => void
  readonly signal: AbortSignal
}

function carry({ from, to, passage, touch, signal }: Half): void {
  let last: Promise<void> = Promise.resolve()
  let isEnded = false
  let isReset = false
  const inOrder = (work: () => Promise<void>) => {
    touch()
    last = last.then(async () => {
      if (!signal.aborted) await work()
    })
  }
  const isOpen = () => !signal.aborted && !isReset && !to.destroyed
  const pass = async (chunk: Buffer) => {
    for (let rest = chunk; rest.length > 0 && isOpen(); ) {
      const count = await passage(rest.length)
      if (!isOpen()) return
      touch()
      if (!to.write(rest.subarray(0, count))) await drained(to)
      rest = rest.subarray(count)
    }
  }
  from.on('data', (chunk: Buffer) => {
    from.pause()
    inOrder(() => pass(chunk).then(() => void (signal.aborted || from.resume())))
  })
  // What an end that resets has not got through, its kernel forgets.
  from.on('error', () => {
    isReset = true
  })
  from.on('end', () => {
    isEnded = true
    inOrder(async () => {
      await passage(1)
      if (!signal.aborted) to.end()
    })
  })
  from.on('close', () => {
    inOrder(async () => {
      // What the other end still says goes nowhere any more.
      if (isEnded) return void to.end(() => to.destroy())
      await passage(1)
      if (!signal.aborted) reset(to)
    })
  })
  from.resume()
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once('drain', resolve)
    socket.once('close', () => resolve())
  })
}
