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

const farewells: Readonly<Record<string, number>> = {
  'in order': 1000,
  'because it stops': 1012,
  'as no endpoint ever did': 3000,
  'by a code of its own': 4999,
  'because our message was no message': 4400,
  'because our proof is wrong': 4403,
  'because it never heard of us': 4404,
  'because we were revoked': 4405,
  'because we speak another language': 4406,
  'because we are disabled': 4407,
  'because there are two of us': 4409,
  'because our counter went back': 4410,
  'because we said goodbye, which we did not': 4416,
  'because of a defect': 4500,
}

attacks(
  'a session is closed %s, to have the agent give up for good',
  farewells,
  async ({ session, comeBack }, code) => {
    session.close(code)

    expect((await comeBack()).body.replica).toBe('replica-1')
  },
  () => ({ clock: createFakeClock() }),
)

attacks(
  'a welcome that is signed and says of %s',
  {
    'credit that it is below nothing': { limits: { sessionCreditBytes: -1, runCreditBytes: 1 } },
    'credit nothing at all': { limits: null },
    'the epoch that it is before all others': { epoch: -1 },
    'the lead that it is a text': { lead: 'true' },
    'held runs that there are thousands': {
      held: Array.from({ length: 3000 }, () => ({ run: 'run-of-nobody', attempt: 1, keep: true, next: 0 })),
    },
    'a held run that it is a path': { held: [{ run: '../../etc/passwd', attempt: 1, keep: true, next: 0 }] },
    'a held run that its pages are fewer than none': {
      held: [{ run: 'run-00000001', attempt: 1, keep: true, next: -1 }],
    },
  },
  async ({ plane, session }, spoilt) => {
    plane.levers.welcome = (honest) => ({ ...honest, ...spoilt })
    session.cut()

    // To the peer it looked like one that was opened.
    const refused = await plane.session()
    expect(await refused.closed).toMatchObject({ code: 4412 })
  },
  () => ({ clock: createFakeClock() }),
)
