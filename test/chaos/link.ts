// A network path from one process to another, for any number of TCP connections: what passes may be slow, late, held up or cut
// off. It keeps the order of bytes, as TCP does, and knows nothing of what they say.

import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import type { Activity } from './activity.ts'
import { createPipe, type Pipe } from './pipe.ts'
import { reset } from './reset.ts'
import type { VirtualClock } from './virtual-clock.ts'
import { createWeather, type WeatherReport } from './weather.ts'

export type Link = AsyncDisposable & {
  /** Where the near process connects to. */
  readonly url: string
  /** From now on; connections that are open have it too. */
  become(report: WeatherReport): void
  /** Resets every connection at both ends. */
  cut(): void
  /** One end of every connection is reset; the other end hears nothing of it, and nothing any more. */
  strand(end: End): void
  /** The near process is dead: no byte of it gets through any more. `silent`: so is its kernel, and the far end hears nothing. */
  sever(how: 'reset' | 'silent'): void
}

/** `near` is who connects. */
export type End = 'near' | 'far'

export type LinkOptions = {
  readonly clock: VirtualClock
  readonly activity: Pick<Activity, 'touch'>
  /** The port of the far process; undefined while it is down. */
  readonly target: () => number | undefined
  /** The near end said something into a stranded connection; called once for each. */
  readonly onUnheard: () => void
}

export async function startLink({ clock, activity, target, onUnheard }: LinkOptions): Promise<Link> {
  const weather = createWeather(clock)
  const pipes = new Set<Pipe>()
  let severed = false

  const server = createServer({ noDelay: true, pauseOnConnect: true, allowHalfOpen: true }, (near: Socket) => {
    activity.touch()
    near.on('error', () => {})
    const { kind } = weather.report()
    if (severed || kind === 'refusing') return void reset(near)
    const pipe = createPipe({ near, target, passage: weather.passage, touch: activity.touch, onUnheard })
    pipes.add(pipe)
    void pipe.ended.then(() => pipes.delete(pipe))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0

  return {
    url: `http://127.0.0.1:${port}`,
    become: weather.become,
    cut: () => {
      for (const pipe of pipes) pipe.cut()
    },
    strand: (end) => {
      for (const pipe of pipes) pipe.strand(end)
    },
    sever: (how) => {
      severed = true
      for (const pipe of pipes) pipe.sever(how)
    },
    [Symbol.asyncDispose]: async () => {
      severed = true
      weather.become({ kind: 'fair' })
      const ended = [...pipes].map((pipe) => {
        pipe.cut()
        return pipe.ended
      })
      server.close()
      await Promise.all([once(server, 'close'), ...ended])
    },
  }
}
