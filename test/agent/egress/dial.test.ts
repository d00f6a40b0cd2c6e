import type { LookupAddress } from 'node:dns'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { dial, headStartMs } from '../../../agent/egress/dial.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { startProgram } from '../../support/program.ts'
import { until } from '../../support/until.ts'

const v4 = (address: string): LookupAddress => ({ address, family: 4 })
/** There is a hole on it: nothing that is sent there is answered, and nothing refused. */
const hole = '127.0.0.1'

/** One port on several addresses of this host. */
async function startHole() {
  const program = startProgram('test/support/hole-program.ts')
  const { port } = await program.line((line) => 'port' in line)
  return { port: Number(port), [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() }
}

async function listen(host: string, port: number): Promise<AsyncDisposable> {
  const server = createServer((socket) => socket.destroy()).listen({ host, port })
  await once(server, 'listening')
  return server
}

function call(port: number, ...found: readonly LookupAddress[]) {
  const clock = createFakeClock()
  const said: string[] = []
  const hangUp = dial(
    {
      ...{ hostname: 'name.example', port, clock },
      lookup: (_, __, answer) => answer(null, [...found]),
      onResolved: (address) => void said.push(address),
    },
    (error, tcp) => {
      said.push(tcp === undefined ? `failed: ${error?.message}` : `connected to ${tcp.remoteAddress}`)
      tcp?.destroy()
    },
  )
  return { clock, hangUp, said }
}

test('where an address does not answer within its head start, the next is tried beside it', async () => {
  await using dead = await startHole()
  await using _ = await listen('127.0.0.2', dead.port)
  const { clock, said } = call(dead.port, v4(hole), v4('127.0.0.2'))

  await clock.advance(headStartMs - 1)
  expect(said).toEqual([hole, '127.0.0.2'])
  await clock.advance(1)

  await until(() => said.length > 2)
  expect(said.at(-1)).toBe('connected to 127.0.0.2')
})

test('an address that takes long is waited for, though another one failed meanwhile', async () => {
  await using slow = await startHole()
  const { clock, said, hangUp } = call(slow.port, v4(hole), v4('127.0.0.2'))

  await clock.advance(headStartMs)
  await once(connect(slow.port, '127.0.0.2'), 'error')

  expect(said).toEqual([hole, '127.0.0.2'])
  hangUp()
})

test('the families take turns, because mostly it is one of them that is dead', async () => {
  await using dead = await startHole()
  await using _ = await listen('127.0.0.2', dead.port)
  const { clock, said } = call(dead.port, { address: hole, family: 6 }, { address: hole, family: 6 }, v4('127.0.0.2'))

  await clock.advance(headStartMs)

  await until(() => said.includes('connected to 127.0.0.2'))
})

test('where an address refuses, the next is tried at once', async () => {
  await using dead = await startHole()
  await using _ = await listen('127.0.0.2', dead.port)
  const { said } = call(dead.port, v4('127.0.0.3'), v4('127.0.0.2'))

  await until(() => said.length > 2)

  expect(said.at(-1)).toBe('connected to 127.0.0.2')
})

test('says of each address why it failed', async () => {
  await using dead = await startHole()

  const { said } = call(dead.port, v4('127.0.0.2'), v4('127.0.0.3'))
  await until(() => said.length > 2)

  expect(said.at(-1)).toMatch(/^failed: connect ECONNREFUSED 127\.0\.0\.2:\d+, connect ECONNREFUSED 127\.0\.0\.3:\d+$/)
})

test('of a name with many addresses it says of a few why they failed, and how many more there are', async () => {
  await using dead = await startHole()
  const found = Array.from({ length: 40 }, (_, last) => v4(`127.0.0.${last + 2}`))

  const { said } = call(dead.port, ...found)
  await until(() => said.length > found.length)

  expect(said.at(-1)).toMatch(/^failed: connect ECONNREFUSED 127\.0\.0\.2:\d+, (connect [^,]+, ){3}and 36 more$/)
})
