import { Agent } from 'undici'
import { expect, test } from 'vitest'
import { createConnector } from '../../../agent/egress/connector.ts'
import { exchange, type HttpRequest } from '../../../agent/egress/exchange.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createLeapingClock } from '../../support/leaping-clock.ts'
import { looseLeg } from '../../support/loose-leg.ts'
import { deadUrl, startRawServer } from '../../support/raw-server.ts'

const limits = { timeoutMs: 30_000, bodyBytes: 1000 }

function createWay() {
  const dispatcher = new Agent({
    connect: createConnector({ clock: createFakeClock(), leg: looseLeg() }),
    allowH2: false,
  })
  return { dispatcher, clock: createLeapingClock(), limits, [Symbol.asyncDispose]: () => dispatcher.destroy() }
}

const get = (origin: string): HttpRequest => ({ origin, path: '/', method: 'GET', headers: {} })

test('hands over the whole answer, whatever its status, and follows no redirect', async () => {
  await using server = await startRawServer((_, response) =>
    response.writeHead(302, { location: '/login' }).end('there'),
  )
  await using way = createWay()

  const answer = await exchange(get(server.url), way)

  expect(answer).toMatchObject({ status: 302, body: 'there' })
  expect(answer.header('location')).toBe('/login')
  expect(server.requests).toHaveLength(1)
})

test('knows that no byte left where no connection could be made', async () => {
  await using way = createWay()

  await expect(exchange(get(await deadUrl()), way)).rejects.toMatchObject({ ending: 'connection', sent: 'no' })
})

test('takes a reset for a request that may have been read', async () => {
  await using server = await startRawServer((request) => request.socket.destroy())
  await using way = createWay()

  await expect(exchange(get(server.url), way)).rejects.toMatchObject({ ending: 'connection', sent: 'maybe' })
})

test('tells the status of an answer that was cut off', async () => {
  await using server = await startRawServer((request, response) => {
    response.writeHead(200, { 'content-length': '100' })
    response.write('half', () => request.socket.destroy())
  })
  await using way = createWay()

  await expect(exchange(get(server.url), way)).rejects.toMatchObject({ ending: 'connection', status: 200 })
})

test('stops reading as soon as the answer is larger than it takes', async () => {
  await using server = await startRawServer((_, response) => response.end('x'.repeat(1001)))
  await using way = createWay()

  await expect(exchange(get(server.url), way)).rejects.toMatchObject({ ending: 'too_large', status: 200 })
})

test('ends when the time is over, counted over the whole exchange', async () => {
  await using way = createWay()
  await using server = await startRawServer((_, response) => {
    response.writeHead(200)
    response.write('slowly', () => way.clock.advance(30_000))
  })

  await expect(exchange(get(server.url), way)).rejects.toMatchObject({ ending: 'timeout', sent: 'maybe' })
})

test('ends when it is told to, even while it still waits for a connection, and then sends nothing', async () => {
  await using server = await startRawServer((_, response) => response.end())
  await using way = createWay()
  const controller = new AbortController()

  const exchanging = exchange(get(server.url), { ...way, signals: [controller.signal] })
  controller.abort()

  await expect(exchanging).rejects.toMatchObject({ ending: 'aborted', sent: 'no' })
  await exchange(get(server.url), way)
  expect(server.requests).toHaveLength(1)
})

test('begins nothing for a signal that is aborted already', async () => {
  await using way = createWay()

  const exchanging = exchange(get(await deadUrl()), { ...way, signals: [AbortSignal.abort()] })

  await expect(exchanging).rejects.toMatchObject({ ending: 'aborted', sent: 'no' })
})

test('leaves no timer behind', async () => {
  await using server = await startRawServer((_, response) => response.end())
  const calledOff: number[] = []
  await using way = createWay()
  const clock = {
    ...way.clock,
    after: (ms: number, then: () => void) => {
      const callOff = way.clock.after(ms, then)
      return () => {
        calledOff.push(ms)
        callOff()
      }
    },
  }

  await exchange(get(server.url), { ...way, clock })

  expect(calledOff).toEqual([30_000])
})

test('asks at the last moment before the first byte, and sends nothing after a no', async () => {
  await using server = await startRawServer((_, response) => response.end())
  await using way = createWay()
  const connector = createConnector({ clock: createFakeClock(), leg: looseLeg() })
  const moments: string[] = []
  const dispatcher = new Agent({
    allowH2: false,
    connect: (options, callback) =>
      connector(options, (...result) => {
        moments.push('connected')
        callback(...result)
      }),
  })
  const beforeWrite = () => {
    moments.push('asked')
    return false
  }

  const exchanging = exchange(get(server.url), { ...way, dispatcher, beforeWrite })

  await expect(exchanging).rejects.toMatchObject({ ending: 'withheld', sent: 'no' })
  expect(moments).toEqual(['connected', 'asked'])
  await exchange(get(server.url), { ...way, dispatcher, beforeWrite: () => true })
  expect(server.requests).toHaveLength(1)
  await dispatcher.destroy()
})
