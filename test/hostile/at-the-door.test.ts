// Who holds the agent up at the door, or fills it up there: with a connection of which nothing comes, or far too much.

import { times } from '@sallyport/protocol'
import { expect } from 'vitest'
import { keepIdentityInMemory } from '../fuzz/identity-in-memory.ts'
import { attack, attacks } from '../support/attack.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import { switched } from '../support/switched.ts'

attacks(
  'a plane that takes the connection and %s',
  {
    'says nothing': () => {},
    'says one letter, and then nothing': (write: (text: string) => void) => write('H'),
    'greets for ever without coming to an end': (write: (text: string) => void) =>
      write(`HTTP/1.1 103 Early Hints\r\n\r\n${'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(1000)}`),
  },
  async ({ plane, session, clock, agent }, say) => {
    const knocked = new Promise<void>((resolve) => {
      plane.levers.upgrade = (socket) => {
        say((text) => socket.write(text))
        resolve()
      }
    })
    session.cut()
    await knocked
    plane.levers.upgrade = undefined

    await clock?.asleep(times.handshakeMs)
    await clock?.advance(times.handshakeMs)

    expect(await agent.line('session.failed')).toMatchObject({ error: { code: 'plane_unreachable' } })
  },
  () => ({ clock: createFakeClock() }),
)

attack('headers of an upgrade without end', async ({ plane, session, agent }) => {
  plane.levers.upgrade = (socket) => {
    plane.levers.upgrade = undefined
    socket.write(`HTTP/1.1 101 Switching Protocols\r\n${'x-more: and more\r\n'.repeat(100_000)}`)
  }
  session.cut()

  expect(await agent.line('session.failed')).toMatchObject({ error: { code: 'plane_answer_unexpected' } })
})

attack('pings without end, whose answers are never taken', async ({ session, comeBack }) => {
  session.freeze()
  for (let count = 0; count < 20_000; count += 1) session.socket.ping(Buffer.alloc(125))

  // It gives up before they fill its memory.
  await comeBack()
  session.cut()
})

const door = createSlowDoor()

attack(
  'more than fits into memory, while the agent still counts the session on its disk',
  async ({ plane, session }) => {
    const gone = new Promise<void>((resolve) => {
      plane.levers.upgrade = (socket, request) => {
        plane.levers.upgrade = undefined
        socket.once('close', resolve)
        socket.write(switched(request))
        const text = Buffer.alloc(60_000, 'x')
        const frame = Buffer.concat([Buffer.from([0x81, 126, text.length >> 8, text.length & 0xff]), text])
        for (let count = 0; count < 200; count += 1) socket.write(frame)
      }
    })
    const open = door.close()
    session.cut()

    await gone
    open()
  },
  () => ({ identityFile: door.identityFile }),
)

/** Counts sessions as fast as the test wants. */
function createSlowDoor() {
  const file = keepIdentityInMemory()
  let opened = Promise.resolve()
  const nextCounter = async () => {
    await opened
    return await file.nextCounter()
  }
  return {
    identityFile: { ...file, nextCounter },
    close: () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      opened = promise
      return resolve
    },
  }
}
