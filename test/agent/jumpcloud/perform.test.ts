import { Agent } from 'undici'
import { expect, test } from 'vitest'
import { createConnector } from '../../../agent/egress/connector.ts'
import { fixedAccess } from '../../../agent/jumpcloud/access.ts'
import { createBudget } from '../../../agent/jumpcloud/budget.ts'
import type { Call } from '../../../agent/jumpcloud/call.ts'
import { Governor } from '../../../agent/jumpcloud/governor.ts'
import { type Performance, perform } from '../../../agent/jumpcloud/perform.ts'
import { Secret } from '../../../agent/vault/secret.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createLeapingClock } from '../../support/leaping-clock.ts'
import { looseLeg } from '../../support/loose-leg.ts'
import { startRawServer } from '../../support/raw-server.ts'

const call: Call = { operation: 'get it', effect: 'read', method: 'GET', path: '/api/it' }

function createPerformance(url: string) {
  const clock = createLeapingClock()
  const dispatcher = new Agent({
    connect: createConnector({ clock: createFakeClock(), leg: looseLeg() }),
    allowH2: false,
  })
  const events: { readonly event: string; readonly fields: unknown }[] = []
  const { signal } = new AbortController()
  const performance: Performance = {
    governor: new Governor({ clock }),
    lane: 'bulk',
    ports: {
      dispatcher,
      clock,
      baseUrls: { console: url, api: url },
      userAgent: 'sallyport/0.0.0',
    },
    access: fixedAccess({ kind: 'api_key', secret: new Secret('jca_key') }),
    budget: createBudget({ requestsPerHour: undefined, clock }),
    random: { fraction: () => 0.5, bytes: (count) => Buffer.alloc(count) },
    waitingSignals: [signal],
    sendingSignals: [signal],
    onSending: () => {},
    log: { debug: (event, fields) => events.push({ event, fields }) },
  }
  return { performance, clock, events, [Symbol.asyncDispose]: () => dispatcher.destroy() }
}

test('waits between attempts without holding a place', async () => {
  const places: number[] = []
  await using server = await startRawServer((_, response) =>
    response.writeHead(places.length < 3 ? 502 : 200).end('{}'),
  )
  await using acting = createPerformance(server.url)
  const { performance } = acting
  const governor = new Governor({ clock: acting.clock, ceiling: 1 })
  const onSending = () => places.push(acting.clock.monotonic())

  await perform(call, { ...performance, governor, onSending })
  const turn = await governor.admit('bulk')

  expect(places).toEqual([0, 250, 750])
  expect(turn).toBeDefined()
})

test('gives its place back where it is not allowed to send', async () => {
  await using server = await startRawServer((_, response) => response.end('{}'))
  await using acting = createPerformance(server.url)
  const governor = new Governor({ clock: acting.clock, ceiling: 1 })
  const beforeSending = async () => {
    throw new Error('no leave')
  }

  await expect(perform(call, { ...acting.performance, governor, beforeSending })).rejects.toThrow('no leave')

  expect(await governor.admit('bulk')).toBeDefined()
  expect(server.requests).toEqual([])
})

test('tells the log what was called and what came of it, and nothing that was sent or received', async () => {
  let left = 1
  await using server = await startRawServer((_, response) =>
    response.writeHead(left-- > 0 ? 429 : 200).end('{"a":"body"}'),
  )
  await using acting = createPerformance(server.url)

  await perform({ ...call, query: { filter: 'private' } }, acting.performance)

  const named = { operation: 'get it', method: 'GET', path: '/api/it' }
  expect(acting.events).toEqual([
    { event: 'jumpcloud.call_failed', fields: { ...named, code: 'rate_limited', status: 429 } },
    { event: 'jumpcloud.answered', fields: { ...named, status: 200 } },
  ])
})
