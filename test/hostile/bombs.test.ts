// What is small on the wire and large where it is read, or means something else there than it says.

import { expect } from 'vitest'
import { attack, attacks } from '../support/attack.ts'
import { batched } from '../support/plane-peer-session.ts'
import { switched } from '../support/switched.ts'

const MiB = 1024 * 1024
const nested = (depth: number, [open, close]: readonly [string, string]) => open.repeat(depth) + close.repeat(depth)

/** Of everything that is made later. */
const pollution = '"__proto__":{"polluted":true,"type":"goodbye"},"constructor":{"prototype":{"polluted":true}}'
const isPolluted = () => 'polluted' in {} || 'polluted' in (() => {})

attacks(
  'the prototype of everything, set by %s',
  {
    'a frame': `{"type":"credit","bytes":1,${pollution}}`,
    'a frame of a type that nobody knows': `{"type":"weather",${pollution}}`,
    'the type of a frame': '{"type":"__proto__","bytes":1}',
  },
  async ({ session, ask }, text) => {
    session.sendText(text)

    expect(await ask('no.such')).toMatchObject({ type: 'refused' })
    expect(isPolluted()).toBe(false)
  },
)

attacks(
  'the prototype of everything, set by params %s',
  {
    'as their own': `{${pollution}}`,
    'of which the rest is in order': `{"name":"x",${pollution}}`,
  },
  async ({ session }, params) => {
    const honest = batched({ id: 'run-that-pollutes', job: 'groups.list', params: 'PARAMS' })
    session.run([], { payload: { runs: [{ ...honest, run: honest.run.replace('"PARAMS"', params) }] } })

    expect(await session.answer('run-that-pollutes')).toMatchObject({ error: { code: 'params_invalid' } })
    expect(isPolluted()).toBe(false)
  },
)

attacks(
  'a frame that is nested half a million deep, %s',
  { 'in lists': nested(500_000, ['[', ']']), 'in objects': nested(150_000, ['{"a":', '1}']).replace(/}1/g, '}') },
  async ({ session, comeBack }, text) => {
    session.sendText(text)

    expect(await session.closed).toMatchObject({ code: 4400 })
    await comeBack()
  },
)

attack('a frame in order, with a member that is nested two hundred thousand deep', async ({ session, ask }) => {
  session.sendText(`{"type":"credit","bytes":1,"depth":${nested(200_000, ['[', ']'])}}`)

  expect(await ask('no.such')).toMatchObject({ type: 'refused' })
})

attack('params that are nested as deep as the text of a run may be long', async ({ session }) => {
  const honest = batched({ id: 'run-so-deep', job: 'users.list', params: 'PARAMS' })
  const run = honest.run.replace('"PARAMS"', `{"where":${nested(30_000, ['[', ']'])}}`)
  session.run([], { payload: { runs: [{ ...honest, run }] } })

  expect(await session.answer('run-so-deep')).toMatchObject({ error: { code: 'params_invalid' } })
})

attack('params with thousands of names that nobody asked for, to be repeated in log and ledger', async (ground) => {
  const { ask, agent } = ground
  const names = Array.from({ length: 3000 }, (_, index) => [`name-${index}`, 0])

  expect(await ask('org.get', Object.fromEntries(names))).toMatchObject({ error: { code: 'params_invalid' } })
  await agent.line('run.refused')
  for (const text of agent.texts) expect(text.length).toBeLessThan(8 * 1024)
})

attack('a frame of a megabyte and more', async ({ session, ask }) => {
  session.sendText(JSON.stringify({ type: 'credit', bytes: 1, ballast: 'b'.repeat(1.1 * MiB) }))

  expect(await ask('no.such')).toMatchObject({ type: 'refused' })
})

attack('a message of many megabytes', async ({ session, comeBack }) => {
  session.sendText('b'.repeat(8 * MiB))

  expect(await session.closed).toMatchObject({ code: 1009 })
  await comeBack()
})

attack('a message in a hundred thousand pieces of a byte', async ({ session, comeBack }) => {
  for (let count = 0; count < 100_000; count += 1) session.sendPart('x', false)

  expect(await session.closed).toMatchObject({ code: 1008 })
  await comeBack()
})

attacks(
  'a number %s',
  {
    'beyond all numbers': '1e999',
    'that is not whole any more': '9007199254740993.5',
    'below nothing': '-1',
    'in a text': '"1e3"',
    'in a list': '[1]',
  },
  async ({ session, comeBack }, bytes) => {
    session.sendText(`{"type":"credit","bytes":${bytes}}`)

    expect(await session.closed).toMatchObject({ code: 4401 })
    await comeBack()
  },
)

attacks(
  'a text that a pattern would try for ever, as %s',
  {
    'a signed batch': (text: string) => ({ frame: { type: 'run', jws: text } }),
    'the id of a run': (text: string) => ({ frame: { type: 'cancel', run: text } }),
  },
  async ({ session, comeBack }, framed) => {
    const beganAt = performance.now()
    session.send(framed(`${'a_-.'.repeat(200_000)}!`).frame)

    expect(await session.closed).toMatchObject({ code: 4401 })
    expect(performance.now() - beganAt).toBeLessThan(2000)
    await comeBack()
  },
)

attacks(
  'a time that a pattern would try for ever, as %s',
  {
    'digits without end': `2026-01-01T00:00:00.${'0'.repeat(25_000)}!`,
    'a year without end': `${'2026-'.repeat(5000)}01T00:00:00Z`,
  },
  async ({ ask }, startAt) => {
    expect(await ask('events.pull', { startAt, endAt: startAt })).toMatchObject({ error: { code: 'params_invalid' } })
  },
)

attack('a message that is no text', async ({ session, comeBack }) => {
  session.socket.send(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), { binary: false })

  expect(await session.closed).toMatchObject({ code: 1007 })
  await comeBack()
})

/** Bytes of RFC 6455, 5.2. */
const frames: Readonly<Record<string, readonly number[]>> = {
  'that says it is larger than any memory': [0x81, 0x7f, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff],
  'that is masked, as only ours are': [0x81, 0x82, 1, 2, 3, 4, 0x7b, 0x7d],
  'that says it is compressed': [0xc1, 0x02, 0x7b, 0x7d],
  'of a kind that is still to be invented': [0x83, 0x00],
  'that goes on with a message which never began': [0x80, 0x01, 0x7b],
}

attacks('a frame of the WebSocket %s', frames, async ({ plane, session }, bytes) => {
  const answered = new Promise<Buffer>((resolve) => {
    plane.levers.upgrade = (socket, request) => {
      plane.levers.upgrade = undefined
      socket.once('data', (answer: Buffer) => {
        resolve(answer)
        socket.destroy()
      })
      socket.write(Buffer.concat([Buffer.from(switched(request)), Buffer.from(bytes)]))
    }
  })
  session.cut()

  // It says that it closes, and says no more.
  expect((await answered)[0]).toBe(0x88)
})
