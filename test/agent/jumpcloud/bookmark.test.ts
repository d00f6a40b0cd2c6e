import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { type Progress, type Step, step } from '../../../agent/jumpcloud/bookmark.ts'
import type { JumpCloudReads } from '../../../agent/jumpcloud/port.ts'
import { connectJumpCloud, connectTo } from '../../support/connect-jumpcloud.ts'
import { startJumpCloud } from '../../support/jumpcloud/start.ts'
import { startRawServer } from '../../support/raw-server.ts'

const group = z.object({ id: z.string() })
const groups = { path: '/api/v2/usergroups', row: group, idOf: ({ id }: z.infer<typeof group>) => id, sort: 'id' }
const groupsOf = (jumpcloud: JumpCloudReads) => jumpcloud.list({ operation: 'list groups', ...groups })

/** Counts how often a page was taken. */
function createProgress(steps: readonly Step[] = []) {
  const turns: number[] = []
  const progress: Progress = { steps, onPageTaken: async () => void turns.push(turns.length) }
  return { turns, progress }
}

async function take(rows: AsyncIterator<{ readonly id: string }>, count: number): Promise<readonly string[]> {
  const ids: string[] = []
  for (let index = 0; index < count; index += 1) {
    const { value, done } = await rows.next()
    if (done === true) break
    ids.push(value.id)
  }
  return ids
}

describe('a lane', () => {
  test('gives no steps without progress, and none before its listing', async () => {
    await using simulator = await startJumpCloud({ users: 5, groups: 5 })
    await using jumpcloud = connectTo(simulator)
    const plain = jumpcloud.lane('bulk')

    await Array.fromAsync(groupsOf(plain))

    expect(plain.step()).toBeUndefined()
    expect(jumpcloud.lane('bulk', undefined, { progress: createProgress().progress }).step()).toBeUndefined()
  })

  test('says in a step what was taken since the one before, without the row that is looked at', async () => {
    await using simulator = await startJumpCloud({ users: 5, groups: 350 })
    await using jumpcloud = connectTo(simulator)
    const lane = jumpcloud.lane('bulk', undefined, { progress: createProgress().progress })
    const rows = groupsOf(lane)

    const ids = await take(rows, 3)
    const first = lane.step()
    ids.concat(await take(rows, 2))
    const second = lane.step()

    expect(first).toEqual({ kind: 'list', at: 1, ids: ids.slice(0, 2), between: [], isSortDropped: false })
    expect(second).toMatchObject({ at: 3, ids: [ids[2], expect.any(String)] })
  })

  test('tells when all rows of a page were taken, and reads no further before it was heard', async () => {
    await using simulator = await startJumpCloud({ users: 5, groups: 350 })
    await using jumpcloud = connectTo(simulator)
    const heard: unknown[] = []
    const onPageTaken = async () => {
      const requestCount = simulator.requests.length
      await new Promise(setImmediate)
      heard.push({ requestCount, step: lane.step() })
    }
    const lane = jumpcloud.lane('bulk', undefined, { progress: { steps: [], onPageTaken } })
    const rows = groupsOf(lane)

    const ids = await take(rows, 100)
    const heardBefore = heard.length
    await take(rows, 1)

    expect(heardBefore).toBe(0)
    expect(heard).toEqual([{ requestCount: 1, step: expect.objectContaining({ at: 99, ids }) }])
  })

  test('goes on in another process where the steps end', async () => {
    await using simulator = await startJumpCloud({ users: 5, groups: 350 })
    await using jumpcloud = connectTo(simulator)
    const before = jumpcloud.lane('bulk', undefined, { progress: createProgress().progress })
    const taken = (await take(groupsOf(before), 151)).slice(0, 150)
    const kept = step.parse(JSON.parse(JSON.stringify(before.step())))
    const after = jumpcloud.lane('bulk', undefined, { progress: createProgress([kept]).progress })

    const rest = await Array.fromAsync(groupsOf(after))

    expect([...taken, ...rest.map(({ id }) => id)]).toEqual(simulator.tenant.groups.all.map(({ id }) => id))
    expect(after.callCount()).toBe(3)
  })

  test('gives no steps any more once it begins a second listing, and tells of no page', async () => {
    await using simulator = await startJumpCloud({ users: 5, groups: 350 })
    await using jumpcloud = connectTo(simulator)
    const { turns, progress } = createProgress()
    const lane = jumpcloud.lane('bulk', undefined, { progress })
    const first = groupsOf(lane)
    await take(first, 150)

    await Array.fromAsync(groupsOf(lane))
    await Array.fromAsync(first)

    expect(lane.step()).toBeUndefined()
    expect(turns).toHaveLength(1)
  })

  test('takes no part with what looks for a change', async () => {
    await using simulator = await startJumpCloud({ users: 5, groups: 5 })
    await using jumpcloud = connectTo(simulator)
    const { turns, progress } = createProgress()
    const lane = jumpcloud.lane('bulk', undefined, { progress })
    await Array.fromAsync(groupsOf(lane))

    await lane.verify(async (reads) => (await Array.fromAsync(groupsOf(reads))).length === 5)

    expect(lane.step()).toMatchObject({ at: null })
    expect(turns).toHaveLength(1)
  })

  test('stays without the sort that JumpCloud refused before the crash', async () => {
    let takesSort = false
    await using server = await startRawServer(({ url }, response) =>
      response.writeHead(url?.includes('sort=') === true && !takesSort ? 400 : 200).end('[{"id":"a"},{"id":"b"}]'),
    )
    await using jumpcloud = connectJumpCloud(server)
    const before = jumpcloud.lane('bulk', undefined, { progress: createProgress().progress })
    await take(groupsOf(before), 2)
    const kept = step.parse(before.step())
    await using restarted = connectJumpCloud(server)
    takesSort = true

    await Array.fromAsync(groupsOf(restarted.lane('bulk', undefined, { progress: createProgress([kept]).progress })))

    expect(server.requests.map(({ url }) => url?.includes('sort='))).toEqual([true, false, false])
  })

  test('refuses to go on with steps of something else', async () => {
    await using simulator = await startJumpCloud({ users: 5, groups: 5 })
    await using jumpcloud = connectTo(simulator)
    const ofEvents: Step = { kind: 'events', next: null }
    const lane = jumpcloud.lane('bulk', undefined, { progress: createProgress([ofEvents]).progress })

    expect(() => groupsOf(lane)).toThrow(expect.objectContaining({ code: 'attempt_lost' }))
    expect(simulator.requests).toEqual([])
  })
})

test.for([
  { kind: 'list', at: -1, ids: [], between: [], isSortDropped: false },
  { kind: 'list', at: 1, ids: [], between: [] },
  { kind: 'events', next: { limit: 10, after: [] } },
  { kind: 'events', next: null, of: 'a later version' },
  null,
])('a step that is not understood is refused: %j', (kept) => {
  expect(step.safeParse(kept).success).toBe(false)
})
