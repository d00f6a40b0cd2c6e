import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { connectJumpCloud, connectTo, listGroups } from '../../support/connect-jumpcloud.ts'
import { startJumpCloud } from '../../support/jumpcloud/start.ts'
import { startRawServer } from '../../support/raw-server.ts'

const change = { operation: 'change it', path: '/api/it', body: { op: 'add' } }
const yes = async () => true

describe('a change', () => {
  test('is sent once leave is given', async () => {
    await using server = await startRawServer((_, response) => response.writeHead(204).end())
    await using jumpcloud = connectJumpCloud(server)

    expect(await jumpcloud.lane('write').change(change, yes)).toBe('answered')
    expect(server.requests.map(({ method, url }) => `${method} ${url}`)).toEqual(['POST /api/it'])
  })

  test('is not sent without leave', async () => {
    await using server = await startRawServer((_, response) => response.end())
    await using jumpcloud = connectJumpCloud(server)

    expect(await jumpcloud.lane('write').change(change, async () => false)).toBe('withheld')
    expect(server.requests).toEqual([])
  })

  test('is not sent where leave has ended while the connection was opened, and not tried again', async () => {
    await using server = await startRawServer((_, response) => response.end())
    await using jumpcloud = connectJumpCloud(server)
    const asked: string[] = []
    const mayStart = async () => {
      asked.push('start')
      return true
    }
    const mayLeave = () => {
      asked.push('leave')
      return false
    }

    expect(await jumpcloud.lane('write').change(change, mayStart, mayLeave)).toBe('withheld')

    expect(asked).toEqual(['start', 'leave'])
    expect(server.requests).toEqual([])
  })

  test('is asked for at the last moment of each sending', async () => {
    let left = 1
    await using server = await startRawServer((_, response) => response.writeHead(left-- > 0 ? 429 : 204).end())
    await using jumpcloud = connectJumpCloud(server)
    let askedCount = 0

    await jumpcloud.lane('write').change(change, yes, () => ++askedCount > 0)

    expect([askedCount, server.requests.length]).toEqual([2, 2])
  })

  test('under way is not stopped by the signal of the run', async () => {
    const controller = new AbortController()
    await using server = await startRawServer((_, response) => {
      controller.abort()
      response.writeHead(204).end()
    })
    await using jumpcloud = connectJumpCloud(server)

    expect(await jumpcloud.lane('write', controller.signal).change(change, yes)).toBe('answered')
  })

  test('that is called off while it waits to be sent again says what JumpCloud said of it', async () => {
    const controller = new AbortController()
    await using server = await startRawServer((_, response) => response.writeHead(429).end())
    await using jumpcloud = connectJumpCloud(server)
    const mayStart = async () => {
      setImmediate(() => controller.abort(new Error('cancelled')))
      return true
    }

    const changing = jumpcloud.lane('write', controller.signal).change(change, mayStart)

    await expect(changing).rejects.toMatchObject({ code: 'rate_limited', status: 429, refused: true })
  })

  test('takes any 2xx for a yes, whatever the body', async () => {
    await using server = await startRawServer((_, response) => response.writeHead(200).end('<html>'))
    await using jumpcloud = connectJumpCloud(server)

    expect(await jumpcloud.lane('write').change(change, yes)).toBe('answered')
  })
})

test('counts its own requests, repetitions included', async () => {
  let left = 2
  await using server = await startRawServer((_, response) => response.writeHead(left-- > 0 ? 503 : 200).end('{}'))
  await using jumpcloud = connectJumpCloud(server)
  const lane = jumpcloud.lane('interactive')

  await lane.get({ operation: 'get it', path: '/api/it', shape: z.object({}) })
  await jumpcloud.lane('interactive').get({ operation: 'get it', path: '/api/it', shape: z.object({}) })

  expect([lane.callCount(), jumpcloud.callCount()]).toEqual([3, 4])
})

test('takes a total from the header only where it is a count', async () => {
  await using server = await startRawServer((_, response) =>
    response.setHeader('x-total-count', '1e9').end('[{"id":"a"}]'),
  )
  await using jumpcloud = connectJumpCloud(server)

  const rows = jumpcloud
    .lane('bulk')
    .list({ operation: 'list them', path: '/api/v2/them', row: z.object({ id: z.string() }), idOf: ({ id }) => id })

  expect(await Array.fromAsync(rows)).toEqual([{ id: 'a' }])
  expect(server.requests).toHaveLength(1)
})

describe('a lane', () => {
  test('ends with the reason of its signal, wherever it is', async () => {
    await using simulator = await startJumpCloud({ users: 5, groups: 350 })
    await using jumpcloud = connectTo(simulator)
    const controller = new AbortController()
    simulator.levers.hold({ after: 1 })

    const listing = listGroups(jumpcloud.lane('bulk', controller.signal))
    await simulator.nextRequest(({ query }) => query.skip !== '0')
    controller.abort(new Error('cancelled'))

    await expect(listing).rejects.toThrow('cancelled')
  })

  test('names the organisation of its connection', async () => {
    await using simulator = await startJumpCloud({ users: 5, groups: 5, organizations: 2 })
    const organisationId = simulator.tenants[1]?.id
    await using jumpcloud = connectJumpCloud({
      url: simulator.url,
      key: simulator.keys.multiTenant,
      settings: { organisationId },
    })

    await listGroups(jumpcloud.lane('bulk'))

    expect(simulator.requests[0]).toMatchObject({ organizationId: organisationId, status: 200 })
  })

  test('of a client that is closed ends too, and closing twice is closing once', async () => {
    await using simulator = await startJumpCloud({ users: 5, groups: 5 })
    const jumpcloud = connectTo(simulator)
    simulator.levers.hold({})

    const listing = listGroups(jumpcloud.lane('bulk'))
    const ended = expect(listing).rejects.toMatchObject({ code: 'attempt_lost' })
    await simulator.nextRequest(() => true)
    await jumpcloud[Symbol.asyncDispose]()
    await jumpcloud[Symbol.asyncDispose]()

    await ended
  })
})
