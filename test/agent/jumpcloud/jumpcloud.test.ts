import { inspect } from 'node:util'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import type { Destination } from '../../../agent/egress/connector.ts'
import type { JumpCloudReads } from '../../../agent/jumpcloud/port.ts'
import { collect, connectJumpCloud, connectTo, listGroups } from '../../support/connect-jumpcloud.ts'
import { type JumpCloud as Simulator, startJumpCloud } from '../../support/jumpcloud/start.ts'
import { createLeapingClock } from '../../support/leaping-clock.ts'
import { deadUrl, startRawServer } from '../../support/raw-server.ts'

const v1Row = z.object({ _id: z.string() })
const listUsers = (jumpcloud: JumpCloudReads) =>
  collect(
    jumpcloud.list({
      operation: 'list users',
      path: '/api/systemusers',
      query: { sort: '_id' },
      row: v1Row,
      idOf: ({ _id }) => _id,
    }),
  )

const statusesOf = (simulator: Simulator) => simulator.requests.map(({ status }) => status)

describe('reading', () => {
  test('a v2 list, whole, with no more requests than needed', async () => {
    await using simulator = await startJumpCloud({ users: 5, groups: 350 })
    await using jumpcloud = connectTo(simulator)
    const lane = jumpcloud.lane('bulk')

    const rows = await listGroups(lane)

    expect(rows.map(({ id }) => id)).toEqual(simulator.tenant.groups.all.map(({ id }) => id))
    expect(lane.callCount()).toBe(4)
    expect(jumpcloud.callCount()).toBe(simulator.requests.length)
  })

  test('a v2 list without totals', async () => {
    await using simulator = await startJumpCloud({ users: 5, groups: 350, dialect: { totalCountHeader: false } })
    await using jumpcloud = connectTo(simulator)

    expect(await listGroups(jumpcloud.lane('bulk'))).toHaveLength(350)
  })

  test('a v1 list', async () => {
    await using simulator = await startJumpCloud({ users: 250, groups: 1 })
    await using jumpcloud = connectTo(simulator)

    expect(await listUsers(jumpcloud.lane('bulk'))).toHaveLength(250)
  })

  test('several v2 services wrap their rows', async () => {
    await using server = await startRawServer((_, response) => response.end('{"results":[{"id":"a"}]}'))
    await using jumpcloud = connectJumpCloud(server)

    expect(await listGroups(jumpcloud.lane('bulk'))).toEqual([{ id: 'a' }])
  })
})

describe('a directory that changes between pages', () => {
  const places = [2, 3, 4, 5, 6]

  test.for(places)('loses no user when one is deleted before request %i', async (beforeRequest) => {
    await using simulator = await startJumpCloud({ users: 550, groups: 1 })
    await using jumpcloud = connectTo(simulator)
    simulator.levers.deleteBetweenPages({ path: '/api/systemusers', position: 10, beforeRequest })

    const ids = new Set((await listUsers(jumpcloud.lane('bulk'))).map(({ _id }) => _id))

    expect(simulator.tenant.users.all.filter(({ id }) => !ids.has(id))).toEqual([])
  })

  test.for(places)(
    'sees every group that was there, and once, when one is inserted before request %i',
    async (beforeRequest) => {
      await using simulator = await startJumpCloud({ users: 5, groups: 550 })
      await using jumpcloud = connectTo(simulator)
      const before = simulator.tenant.groups.all.map(({ id }) => id)
      simulator.levers.insertBetweenPages({ path: '/api/v2/usergroups', position: 10, beforeRequest })

      const ids = (await listGroups(jumpcloud.lane('bulk'))).map(({ id }) => id)

      expect(new Set(ids).size).toBe(ids.length)
      expect(before.filter((id) => !ids.includes(id))).toEqual([])
    },
  )

  test.for(places)('is not fooled by a total that stays the same, before request %i', async (beforeRequest) => {
    await using simulator = await startJumpCloud({ users: 550, groups: 1 })
    await using jumpcloud = connectTo(simulator)
    const path = '/api/systemusers'
    const before = new Set(simulator.tenant.users.all.map(({ id }) => id))
    simulator.levers.deleteBetweenPages({ path, position: 120, beforeRequest })
    simulator.levers.insertBetweenPages({ path, position: 540, beforeRequest })

    const ids = new Set((await listUsers(jumpcloud.lane('bulk'))).map(({ _id }) => _id))

    const throughout = simulator.tenant.users.all.filter(({ id }) => before.has(id))
    expect(throughout.filter(({ id }) => !ids.has(id))).toEqual([])
    expect(simulator.mutations.map(({ op }) => op).toSorted()).toEqual(['create', 'delete'])
  })

  test('drops what comes twice, and mends what that hides', async () => {
    await using simulator = await startJumpCloud({ users: 550, groups: 1 })
    await using jumpcloud = connectTo(simulator)
    simulator.levers.duplicateAcrossPages({ path: '/api/systemusers', count: 3 })

    const ids = (await listUsers(jumpcloud.lane('bulk'))).map(({ _id }) => _id)

    expect(ids).toHaveLength(550)
    expect(new Set(ids).size).toBe(550)
  })
})

describe('a JumpCloud that is busy or broken', () => {
  test('is asked again after exactly as long as it says', async () => {
    await using simulator = await startJumpCloud({ users: 5, groups: 5 })
    const clock = createLeapingClock()
    await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.administrator, clock })
    simulator.levers.tooManyRequests({ count: 1, retryAfter: 7 })

    await listGroups(jumpcloud.lane('bulk'))

    expect(statusesOf(simulator)).toEqual([429, 200])
    expect(clock.slept).toContain(7000)
  })

  test('that asks for more than a minute is an error that names the time', async () => {
    await using simulator = await startJumpCloud({ users: 5, groups: 5 })
    await using jumpcloud = connectTo(simulator)
    simulator.levers.tooManyRequests({ retryAfter: 3600 })

    const listing = listGroups(jumpcloud.lane('bulk'))

    await expect(listing).rejects.toMatchObject({
      code: 'rate_limited',
      retry: true,
      message: expect.stringContaining('3600 s'),
    })
    expect(statusesOf(simulator)).toEqual([429])
  })

  test('that answers 429 for ever is an error in the end', async () => {
    await using simulator = await startJumpCloud({ users: 5, groups: 5 })
    await using jumpcloud = connectTo(simulator)
    simulator.levers.tooManyRequests({})

    await expect(listGroups(jumpcloud.lane('bulk'))).rejects.toMatchObject({ code: 'rate_limited' })
    expect(simulator.requests).toHaveLength(6)
  })

  test.for([502, 503, 504] as const)('with %i in HTML is asked again', async (status) => {
    await using simulator = await startJumpCloud({ users: 5, groups: 5 })
    await using jumpcloud = connectTo(simulator)
    simulator.levers.serverError({ status, count: 4 })

    expect(await listGroups(jumpcloud.lane('bulk'))).toHaveLength(5)
  })

  test('with 500 is asked once more', async () => {
    await using simulator = await startJumpCloud({ users: 5, groups: 5 })
    await using jumpcloud = connectTo(simulator)
    simulator.levers.serverError({ status: 500 })

    await expect(listGroups(jumpcloud.lane('bulk'))).rejects.toMatchObject({ code: 'jumpcloud_unavailable' })
    expect(statusesOf(simulator)).toEqual([500, 500])
  })

  test('that resets the connection in mid-body is asked again', async () => {
    await using simulator = await startJumpCloud({ users: 5, groups: 5 })
    await using jumpcloud = connectTo(simulator)
    simulator.levers.resetMidBody({ count: 2 })

    expect(await listGroups(jumpcloud.lane('bulk'))).toHaveLength(5)
  })

  test('that is not there is an error of the network', async () => {
    await using jumpcloud = connectJumpCloud({ url: await deadUrl() })

    await expect(listGroups(jumpcloud.lane('bulk'))).rejects.toMatchObject({
      code: 'jumpcloud_unreachable',
      fault: 'network',
    })
    expect(jumpcloud.callCount()).toBe(5)
  })
})

describe('an answer that cannot be used', () => {
  test.for([
    ['HTML', 'answerHtml', {}, 'response_unexpected'],
    ['half a JSON', 'badBody', { what: 'malformed' }, 'response_unexpected'],
    ['rows that do not fit', 'badBody', { what: 'wrongRows' }, 'response_unexpected'],
    ['something that is no list', 'badBody', { what: 'notAList' }, 'response_unexpected'],
    ['nothing', 'badBody', { what: 'empty' }, 'response_unexpected'],
    ['33 MiB', 'badBody', { what: 'giant' }, 'response_too_large'],
    ['a redirect to the login page', 'redirect302', {}, 'credential_rejected'],
    ['one by a whole address', 'redirect302', { location: 'http://127.0.0.1:1/login' }, 'credential_rejected'],
    ['a redirect to a portal', 'redirect302', { location: 'http://proxy.example/' }, 'jumpcloud_unreachable'],
    ['402', 'answerStatus', { status: 402 }, 'plan_missing'],
    ['403', 'answerStatus', { status: 403 }, 'jumpcloud_forbidden'],
    ['404', 'answerStatus', { status: 404 }, 'not_found'],
  ] as const)('%s: asked once, then an error of its own', async ([, lever, options, code]) => {
    await using simulator = await startJumpCloud({ users: 5, groups: 5 })
    await using jumpcloud = connectTo(simulator)
    simulator.pull(lever, options)

    await expect(listGroups(jumpcloud.lane('bulk'))).rejects.toMatchObject({ code })
    expect(simulator.requests).toHaveLength(1)
  })

  test('a key that was revoked ends the listing at once', async () => {
    await using simulator = await startJumpCloud({ users: 5, groups: 350 })
    await using jumpcloud = connectTo(simulator)
    simulator.levers.revokeKey({ key: simulator.keys.administrator, after: 2 })

    await expect(listGroups(jumpcloud.lane('bulk'))).rejects.toMatchObject({ code: 'credential_rejected', status: 401 })
  })

  test('no error repeats what JumpCloud sent, and none holds the key', async () => {
    await using simulator = await startJumpCloud({ users: 5, groups: 5 })
    const key = simulator.keys.administrator
    await using jumpcloud = connectTo(simulator)
    simulator.levers.answerStatus({ status: 403, json: { message: 'a body' } })
    simulator.levers.echoKey({})

    const error: unknown = await listGroups(jumpcloud.lane('bulk')).catch((thrown: unknown) => thrown)

    const shown = inspect(error, { depth: 10, showHidden: true })
    expect(shown).toContain('403')
    expect(shown).not.toContain('a body')
    expect(shown).not.toContain(key)
  })
})

test('a connection that is still being made is given up when the agent stops', async () => {
  const asked = Promise.withResolvers<Destination>()
  const jumpcloud = connectJumpCloud({ url: 'http://127.0.0.1:9', connector: asked.resolve })
  const listing = expect(listGroups(jumpcloud.lane('bulk'))).rejects.toMatchObject({ code: 'attempt_lost' })
  const { signal } = await asked.promise

  await jumpcloud[Symbol.asyncDispose]()

  await listing
  expect(signal?.aborted).toBe(true)
})
