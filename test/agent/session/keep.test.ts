import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CloseReason, closeCodes, SallyportError, times } from '@sallyport/protocol'
import { describe, expect, test } from 'vitest'
import { openIdentityFile } from '../../../agent/identity/identity.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { startPlanePeer } from '../../support/plane-peer.ts'
import { deadUrl } from '../../support/raw-server.ts'
import { type RunningAgent, startAgent } from '../../support/running-agent.ts'
import { until } from '../../support/until.ts'
import { keepSession } from './open-replica.ts'

const minutes = 60_000
const hours = 60 * minutes
const waits = ({ lines }: RunningAgent) => lines.filter(({ event }) => event === 'session.waiting')
const count = (agent: RunningAgent) => waits(agent).length

/** Lets the agent wait out what it waits for, as soon as it does. */
async function passWait(agent: RunningAgent, clock: FakeClock, number: number): Promise<number> {
  await until(() => count(agent) >= number)
  const waitMs = Number(waits(agent)[number - 1]?.waitMs)
  await clock.advance(waitMs)
  return waitMs
}

const refusals: readonly CloseReason[] = [
  'proof_wrong',
  'replica_unknown',
  'replica_revoked',
  'agent_disabled',
  'replica_conflict',
  'counter_behind',
  'protocol_unsupported',
]

test.each(refusals)(
  'says what %s means, in its log and its status, and tries again after 15 minutes',
  async (reason) => {
    await using plane = await startPlanePeer()
    const clock = createFakeClock()
    plane.levers.welcome = (_honest, { close }) => void close(closeCodes[reason].code)
    await using agent = await startAgent({ plane, clock })

    const line = await agent.line('session.closed')
    await agent.line('session.waiting')
    await clock.advance(times.fatalRetryMs - 1)
    const early = plane.upgrades.count
    const { session } = agent.daemon.status()
    plane.levers.welcome = undefined
    await clock.advance(1)

    expect(line).toMatchObject({ level: 'warn', ...closeCodeLine(reason) })
    expect(early).toBe(1)
    expect(session.endedBy).toBe(reason)
    expect((await plane.session()).body.counter).toBe(2)
  },
)

const closeCodeLine = (reason: CloseReason) => ({
  code: closeCodes[reason].code,
  reason,
  meaning: closeCodes[reason].meaning,
})

test('comes back with backoff after a close code that nobody knows, and after a cut', async () => {
  await using plane = await startPlanePeer()
  const clock = createFakeClock()
  await using agent = await startAgent({ plane, clock, random: halfway })
  const first = await plane.session()

  first.close(4999)
  const afterCode = await passWait(agent, clock, 1)
  const second = await plane.session()
  second.cut()
  const afterCut = await passWait(agent, clock, 2)
  await plane.session()

  expect([afterCode, afterCut]).toEqual([500, 1000])
})

const halfway = { fraction: () => 0.5, bytes: (length: number) => Buffer.alloc(length, 7) }

test('tries an absent plane for a day, no more often than the backoff allows, and is back within its cap', async () => {
  const clock = createFakeClock()
  const before = await startPlanePeer()
  await before[Symbol.asyncDispose]()
  const random = { fraction: () => 0.9, bytes: (length: number) => Buffer.alloc(length, 7) }
  await using agent = await startAgent({ plane: before, clock, random })

  const waited: number[] = []
  let seen = 0
  const nextWait = async () => {
    const { waitMs } = await agent.line('session.waiting', seen)
    seen = agent.lines.length
    waited.push(Number(waitMs))
    return Number(waitMs)
  }
  for (let passedMs = 0; passedMs < 24 * hours; passedMs += waited.at(-1) ?? 0) await clock.advance(await nextWait())
  const lastMs = await nextWait()
  await using plane = await startPlanePeer(before)
  plane.admit((await agent.identityFile.read()).key.x)
  await clock.advance(lastMs)

  expect((await plane.session()).body.counter).toBe(1)
  expect(lastMs).toBeLessThanOrEqual(times.backoffCapMs)
  expect(waited.slice(0, 7)).toEqual([900, 1800, 3600, 7200, 14_400, 28_800, 54_000])
  expect(new Set(waited.slice(7))).toEqual(new Set([times.backoffCapMs * 0.9]))
  expect(agent.lines.find(({ event }) => event === 'session.failed')).toMatchObject({
    error: { code: 'plane_unreachable' },
  })
})

test('forgets earlier failures only once a session has lasted', async () => {
  await using plane = await startPlanePeer()
  const clock = createFakeClock()
  await using agent = await startAgent({ plane, clock, random: halfway })

  const first = await plane.session()
  first.cut()
  await passWait(agent, clock, 1)
  const second = await plane.session()
  second.cut()
  await passWait(agent, clock, 2)
  const third = await plane.session()
  await until(() => agent.lines.filter(({ event }) => event === 'session.opened').length === 3)
  for (let passedMs = 0; passedMs < times.lastedMs; passedMs += 5000) {
    third.send({ type: 'noise' })
    await clock.advance(5000)
  }
  third.cut()
  await until(() => count(agent) === 3)

  expect(waits(agent).map(({ waitMs }) => waitMs)).toEqual([500, 1000, 500])
})

test('comes back when the plane that sent it away said so', async () => {
  await using plane = await startPlanePeer()
  const clock = createFakeClock()
  await using agent = await startAgent({ plane, clock })
  const session = await plane.session()

  session.send({ type: 'leave', reason: 'drain', backMs: 7000 })

  expect(await session.closed).toMatchObject({ code: 1000, reason: 'bye' })
  expect(await agent.line('session.waiting')).toMatchObject({ waitMs: 7000 })
  await clock.advance(6999)
  expect(plane.upgrades.count).toBe(1)
  await clock.advance(1)
  await plane.session()
})

test('closes with left when it stops, and stops at once while it waits', async () => {
  await using plane = await startPlanePeer()
  const clock = createFakeClock()
  await using agent = await startAgent({ plane, clock })
  const session = await plane.session()
  await agent.line('session.opened')

  await agent.daemon.stop()
  await agent.daemon.stop()

  expect(await session.closed).toMatchObject({ code: 4415, reason: 'left' })
  expect(await agent.line('session.closed')).toMatchObject({ level: 'info', reason: 'left' })

  const away = await startAgent({ plane: { ...plane, url: await deadUrl() }, clock })
  await away.line('session.waiting')
  await away[Symbol.asyncDispose]()
})

test('tries an identity that cannot be used every 15 minutes, because a person must act', async () => {
  await using plane = await startPlanePeer()
  const clock = createFakeClock()
  await using agent = await startAgent({ plane, clock })
  const session = await plane.session()
  await agent.identityFile.remove()

  session.cut()
  await passWait(agent, clock, 1)
  await until(() => count(agent) === 2)

  expect(agent.lines.find(({ event }) => event === 'session.failed')).toMatchObject({
    error: { code: 'identity_missing' },
  })
  expect(waits(agent)[1]).toMatchObject({ waitMs: times.fatalRetryMs })
})

test('comes back with backoff, and not after 15 minutes, where a full disk let it count no session', async () => {
  await using plane = await startPlanePeer()
  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-keep-'))
  const file = openIdentityFile(directory.path)
  const cause = Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  const full = new SallyportError('identity_invalid', `write ${file.path}: ${cause.message}`, { cause })
  const disk = { isFull: true }
  const nextCounter = () => (disk.isFull ? Promise.reject(full) : file.nextCounter())
  const clock = createFakeClock()
  await using agent = await startAgent({ plane, clock, random: halfway, identityFile: { ...file, nextCounter } })

  const first = await passWait(agent, clock, 1)
  await until(() => count(agent) === 2)
  disk.isFull = false
  const second = await passWait(agent, clock, 2)

  expect([first, second]).toEqual([500, 1000])
  expect((await plane.session()).body.counter).toBe(1)
})

describe('a session whose hello is out of date', () => {
  test('is ended, and the next one has the news', async () => {
    await using kept = await keepSession()
    const first = await kept.plane.session()
    await kept.opened

    kept.keeper.renew()

    expect(await first.closed).toEqual({ code: 1000, reason: 'bye' })
    expect((await kept.plane.session()).body.version).toBe('2')
  })

  test('is ended as soon as it opens, where the news came in between', async () => {
    await using kept = await keepSession((number) => {
      if (number === 1) queueMicrotask(() => kept.keeper.renew())
    })

    const first = await kept.plane.session()
    const [closed, second] = [await first.closed, await kept.plane.session()]
    second.close(4999)

    expect(closed).toEqual({ code: 1000, reason: 'bye' })
    expect(second.body.version).toBe('2')
    expect(await second.closed).toMatchObject({ code: 4999 })
  })

  test('is not one whose hello is still to be made', async () => {
    await using kept = await keepSession()
    kept.keeper.renew()

    const first = await kept.plane.session()
    await kept.opened
    first.close(4999)

    expect(await first.closed).toMatchObject({ code: 4999 })
  })
})
