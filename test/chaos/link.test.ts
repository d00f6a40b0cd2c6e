import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import { expect, test } from 'vitest'
import { until } from '../support/until.ts'
import { createActivity } from './activity.ts'
import { type Link, startLink } from './link.ts'
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts'

type End = { readonly socket: Socket; readonly heard: () => string; readonly isReset: () => boolean }

type Pair = AsyncDisposable & {
  readonly unheardCount: () => number
  readonly link: Link
  readonly clock: VirtualClock
  readonly near: End
  readonly far: End
}

function listenTo(socket: Socket): End {
  let text = ''
  let reset = false
  socket.on('data', (chunk) => {
    text += String(chunk)
  })
  socket.on('error', () => {
    reset = true
  })
  return { socket, heard: () => text, isReset: () => reset }
}

/** A connection through a link that works. */
async function connected(): Promise<Pair> {
  await using parts = new AsyncDisposableStack()
  const activity = createActivity()
  const clock = createVirtualClock(activity)
  const arrived = Promise.withResolvers<Socket>()
  const server = createServer((socket) => arrived.resolve(socket))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  parts.defer(() => void server.close())
  const address = server.address()
  const target = () => (typeof address === 'object' && address !== null ? address.port : undefined)
  let unheardCount = 0
  const onUnheard = () => {
    unheardCount += 1
  }
  const link = parts.use(await startLink({ clock, activity, target, onUnheard }))
  const near = connect(Number(new URL(link.url).port), '127.0.0.1')
  parts.defer(() => void near.destroy())
  const far = await arrived.promise
  parts.defer(() => void far.destroy())
  const all = parts.move()
  return {
    ...{ link, clock, near: listenTo(near), far: listenTo(far), unheardCount: () => unheardCount },
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

const hour = 60 * 60 * 1000
const whenHeard = (end: End, text: string) => until(() => end.heard() === text)

test('carries bytes both ways, and takes no time for it', async () => {
  await using pair = await connected()

  pair.near.socket.write('there')
  pair.far.socket.write('and back')
  await Promise.all([whenHeard(pair.far, 'there'), whenHeard(pair.near, 'and back')])

  expect(pair.clock.elapsedMs()).toBe(0)
})

test('holds what is under way, and lets it through when the weather is fair again', async () => {
  await using pair = await connected()
  pair.link.become({ kind: 'held' })

  pair.near.socket.write('held')
  await pair.clock.runUntil(pair.clock.sleep(hour), 2 * hour)
  const heardMeanwhile = pair.far.heard()
  pair.link.become({ kind: 'fair' })
  await whenHeard(pair.far, 'held')

  expect(heardMeanwhile).toBe('')
})

test('takes its time where it is slow, and a second piece waits for the first', async () => {
  await using pair = await connected()
  pair.link.become({ kind: 'slow', bytesPerSecond: 100 })
  const text = 'x'.repeat(450)

  pair.near.socket.write(text)
  await pair.clock.runUntil(whenHeard(pair.far, text), hour)

  expect(pair.clock.elapsedMs()).toBe(4500)
})

test('resets both ends of what is cut', async () => {
  await using pair = await connected()

  pair.link.cut()

  await until(() => pair.near.isReset() && pair.far.isReset())
})

test('of a stranded connection one end knows nothing, hears nothing any more, and is noticed when it speaks', async () => {
  await using pair = await connected()

  pair.link.strand('far')
  await until(pair.far.isReset)
  await pair.clock.runUntil(pair.clock.sleep(hour), 2 * hour)
  const unheardCount = pair.unheardCount()
  pair.near.socket.write('is anybody there?')
  await until(() => pair.unheardCount() > 0)
  await pair.clock.runUntil(pair.clock.sleep(hour), 3 * hour)

  expect([pair.near.isReset(), pair.near.heard(), pair.far.heard()]).toEqual([false, '', ''])
  expect([unheardCount, pair.unheardCount()]).toEqual([0, 1])
})

test('of a process that lost its power nothing gets through, not even what was on its way', async () => {
  await using pair = await connected()
  pair.link.become({ kind: 'slow', bytesPerSecond: 1 })
  pair.near.socket.write('on its way')
  await pair.clock.runUntil(whenHeard(pair.far, 'o'), hour)

  pair.link.sever('silent')
  pair.link.become({ kind: 'fair' })
  await pair.clock.runUntil(pair.clock.sleep(hour), 2 * hour)

  expect([pair.far.heard(), pair.far.isReset()]).toEqual(['o', false])
})
