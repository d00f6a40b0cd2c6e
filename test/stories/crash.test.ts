// Agents that are killed in the middle of what they do, and what the next process makes of it. What is said of a run is compared
// with what the simulated JumpCloud recorded.

import { expect, test } from 'vitest'
import { shareInstallation } from '../support/story.ts'
import { until } from '../support/until.ts'

const installation = shareInstallation({
  sizes: { users: 10_000, groups: 4, dynamicGroups: 0, membersPerGroup: 0, events: 0 },
})

/** What a listing of all users costs when nothing disturbs it. */
const listingRequests = 101
/** How many pages the agent reads ahead of the one that it hands on. */
const window = 10
/** The first page goes into the journal with the second: before that, the listing begins anew, and the first is lost besides. */
const unkeptFirst = 1

const stateOf = async (id: string) => (await installation.plane.caller.ask('GET', `/v1/runs/${id}`)).body

/** Requests from now on. */
async function countRequests(path: string): Promise<() => Promise<number>> {
  const { simulator } = installation
  const count = async () => (await simulator.requests()).filter((request) => request.path === path).length
  const before = await count()
  return async () => (await count()) - before
}

/** Submits a listing of everybody; resolves when JumpCloud was asked for so many of its pages. */
async function startListing(requestCount: number) {
  const asked = await countRequests('/api/systemusers')
  const id = await installation.plane.caller.submit('users.list', {})
  await until(async () => (await asked()) >= requestCount)
  return { id, asked }
}

async function expectEverybodyOnce(rows: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
  const { users } = await installation.simulator.state()
  expect(rows.map(({ id }) => id).sort()).toEqual(users.map(({ id }) => id).sort())
}

test('reads nothing twice of a listing whose socket is cut in the middle', async () => {
  const { plane, relay } = installation
  const { id, asked } = await startListing(50)

  relay.cut()

  const { state, rows } = await plane.caller.follow(id)
  expect(state).toBe('done')
  await expectEverybodyOnce(rows)
  expect(await stateOf(id)).toMatchObject({ attempt: 1, rowCount: 10_000 })
  expect(await asked()).toBe(listingRequests)
})

test.each([5, 50, 95])(
  'goes on with a listing though it was killed when %i of its pages were asked for, and reads again what was in flight alone',
  async (requestCount) => {
    const { plane, agent } = installation
    const { id, asked } = await startListing(requestCount)

    await agent.kill()
    await agent.start()

    const { state, rows } = await plane.caller.follow(id)
    expect(state).toBe('done')
    await expectEverybodyOnce(rows)
    expect(await stateOf(id)).toMatchObject({ attempt: 1, rowCount: 10_000 })
    expect(await asked()).toBeLessThanOrEqual(listingRequests + window + unkeptFirst)
  },
)
