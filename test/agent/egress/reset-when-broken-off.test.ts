import { Agent } from 'undici'
import { describe, expect, test } from 'vitest'
import { createConnector } from '../../../agent/egress/connector.ts'
import { exchange } from '../../../agent/egress/exchange.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { startListener } from '../../support/listener.ts'
import { looseLeg } from '../../support/loose-leg.ts'
import { startRawServer } from '../../support/raw-server.ts'
import { selfSigned } from '../../support/self-signed.ts'

const limits = { timeoutMs: 30_000, bodyBytes: 1000 }
const connector = createConnector({ clock: createFakeClock(), leg: looseLeg({ ca: selfSigned.cert }) })
const dispatching = () => new Agent({ connect: connector, allowH2: false, pipelining: 1 })

describe.each([{ tls: false }, { tls: true }])('a connection (TLS: $tls)', ({ tls }) => {
  const changeAt = (origin: string, body: string) => {
    const dispatcher = dispatching()
    const clock = createFakeClock()
    const controller = new AbortController()
    const { promise: begun, resolve } = Promise.withResolvers<void>()
    const beforeWrite = () => {
      setImmediate(resolve)
      return true
    }
    const answer = exchange(
      { origin, path: '/', method: 'POST', headers: {}, body },
      { dispatcher, clock, limits, signals: [controller.signal], beforeWrite },
    )
    const refusedAs = (ending: string) => expect(answer).rejects.toMatchObject({ ending, sent: 'maybe' })
    return {
      ...{ clock, begun, refusedAs, abort: () => controller.abort() },
      [Symbol.asyncDispose]: () => dispatcher.destroy(),
    }
  }

  test('is reset when the time for a change is over', async () => {
    await using server = await startListener({ tls })
    await using change = changeAt(server.url, '{"op":"add"}')
    const refused = change.refusedAs('timeout')
    const { heard, end } = await server.connection()
    expect(await heard).toContain('POST / HTTP/1.1')

    await change.clock.advance(limits.timeoutMs)

    await refused
    expect(await end).toBe('reset')
  })

  test('is reset when a change is aborted after it was sent', async () => {
    await using server = await startListener({ tls })
    await using change = changeAt(server.url, '{"op":"add"}')
    const refused = change.refusedAs('aborted')
    const { heard, end } = await server.connection()
    await heard

    change.abort()

    await refused
    expect(await end).toBe('reset')
  })

  test('is reset at once where the other end takes nothing, and what was not sent by then is not sent later', async () => {
    await using server = await startListener({ tls, isDeaf: true })
    const body = 'x'.repeat(16 * 1024 * 1024)
    await using change = changeAt(server.url, body)
    const refused = change.refusedAs('timeout')
    const { socket, end } = await server.connection()
    await change.begun

    await change.clock.advance(limits.timeoutMs)
    await refused
    socket.resume()

    expect(await end).toBe('reset')
    expect(socket.bytesRead).toBeLessThan(body.length)
  })
})

test('a connection is reset when the answer is larger than it takes', async () => {
  const ends: string[] = []
  const ended = Promise.withResolvers<void>()
  await using server = await startRawServer(({ socket }, response) => {
    socket.on('error', () => ends.push('reset')).on('end', () => ends.push('closed'))
    socket.on('close', () => ended.resolve())
    response.write('x'.repeat(1001))
  })
  const dispatcher = dispatching()

  const get = { origin: server.url, path: '/', method: 'GET', headers: {} } as const
  await expect(exchange(get, { dispatcher, clock: createFakeClock(), limits })).rejects.toMatchObject({
    ending: 'too_large',
  })

  await ended.promise
  expect(ends).toEqual(['reset'])
  await dispatcher.destroy()
})

test('a connection that is left without an error says its last words and closes', async () => {
  await using server = await startListener()
  const { hostname } = new URL(server.url)
  connector({ protocol: 'http:', hostname, port: String(server.port) }, (_, socket) => {
    socket?.write('bye', () => socket.destroy())
  })

  const { heard, end } = await server.connection()

  expect(await heard).toBe('bye')
  expect(await end).toBe('closed')
})
