// Who reads a long listing at ten kilobytes a second: the listing is not held back, because its pages lie in the store of the
// control plane. Neither process grows by it, other runs and cancels go on, and who reads gets all of it in the end.

import { once } from 'node:events'
import { get, type IncomingMessage } from 'node:http'
import { expect, test } from 'vitest'
import { linesOf } from '../support/plane-caller.ts'
import { residentBytes } from '../support/resident-bytes.ts'
import { shareInstallation } from '../support/story.ts'
import { tidyMemory } from '../support/tidy-memory.ts'

const seconds = 1000
const MiB = 1024 * 1024
const userCount = 30_000
const readerCount = 12
const bytesPerSecond = 10 * 1024

const installation = shareInstallation({
  sizes: { users: userCount, groups: 4, dynamicGroups: 0, membersPerGroup: 0, events: 0 },
  under: tidyMemory,
})

test('slow readers of a long listing cost neither process memory, hold nothing up, and get all of it', {
  timeout: 240 * seconds,
}, async () => {
  const { plane, simulator } = installation
  const { groups, users } = await simulator.state()
  const idle = await privateBytes()
  const startedAt = performance.now()
  const listing = await plane.caller.submit('users.list', {})
  const readers = await Promise.all(Array.from({ length: readerCount }, () => openReader(listing)))
  const held = await simulator.pull('hold', { path: `/api/v2/usergroups/${groups[1]?.id}` })
  const grown = { agent: 0, plane: 0 }
  const others: unknown[] = []

  for (let readAt = startedAt; (await stateOf(listing)) !== 'done'; ) {
    const now = performance.now()
    for (const reader of readers) reader.take(Math.ceil(((now - readAt) / seconds) * bytesPerSecond))
    readAt = now
    others.push((await installation.run('org.get', {})).state, await cancelOne(groups[1]?.id))
    const { agent, plane } = await privateBytes()
    grown.agent = Math.max(grown.agent, agent - idle.agent)
    grown.plane = Math.max(grown.plane, plane - idle.plane)
  }
  const listedInMs = performance.now() - startedAt
  await held.release()
  const [first, ...rest] = readers
  for (const reader of rest) reader.destroy()
  const text = (await first?.all()) ?? ''

  const lines = linesOf(text)
  expect(lines.flatMap(({ type, row }) => (type === 'row' ? [String(Object(row).id)] : [])).sort()).toEqual(
    users.map(({ id }) => id).sort(),
  )
  expect(lines.at(-1)).toMatchObject({ type: 'done', rows: userCount })
  expect(new Set(others)).toEqual(new Set(['done', 'cancelled']))
  // It was not waited for who reads.
  expect((text.length / bytesPerSecond) * seconds).toBeGreaterThan(10 * listedInMs)
  // Gathered for each reader, the listing would be some hundreds.
  expect(grown.plane / MiB).toBeLessThan(80)
  expect(grown.agent / MiB).toBeLessThan(60)
})

async function privateBytes() {
  const { agent, plane } = installation
  return { agent: await residentBytes(agent.program.pid), plane: await residentBytes(plane.program.pid) }
}

async function stateOf(run: string): Promise<unknown> {
  return (await installation.plane.caller.ask('GET', `/v1/runs/${run}`)).body.state
}

/** Of a run that JumpCloud does not answer; anything but its state where that took longer than a second. */
async function cancelOne(groupId: string | undefined): Promise<string> {
  const { caller } = installation.plane
  const run = await caller.submit('groups.get', { groupId })
  await caller.ask('POST', `/v1/runs/${run}/cancel`)
  const { state, tookMs } = await caller.follow(run)
  return tookMs < 1 * seconds ? state : `${state} after ${tookMs} ms`
}

type Reader = { take(byteCount: number): void; all(): Promise<string>; destroy(): void }

/** An answer whose body is taken only as it is read. */
async function openReader(run: string): Promise<Reader> {
  const { url, token } = installation.plane
  const call = get(`${url}/v1/runs/${run}/pages`, { headers: { authorization: `Bearer ${token}` } })
  const [answer]: IncomingMessage[] = await once(call, 'response')
  if (answer === undefined) throw new Error('an answer comes with its event')
  const pieces: Buffer[] = []
  return {
    take: (byteCount) => {
      const piece: unknown = answer.read(Math.min(byteCount, answer.readableLength)) ?? answer.read(0)
      if (Buffer.isBuffer(piece)) pieces.push(piece)
    },
    all: async () => {
      for await (const piece of answer) pieces.push(Buffer.from(piece))
      return Buffer.concat(pieces).toString()
    },
    destroy: () => void answer.destroy(),
  }
}
