import contract from '@sallyport/protocol/jobs/events-pull'
import { expect, test } from 'vitest'
import handler from '../../../agent/jobs/events-pull.ts'
import { membershipChange } from '../../../agent/jumpcloud/membership.ts'
import { connectJumpCloud } from '../../support/connect-jumpcloud.ts'
import { createManualClock, MANUAL_CLOCK_START_AT } from '../../support/jumpcloud/manual-clock.ts'
import { type JumpCloudOptions, startJumpCloud } from '../../support/jumpcloud/start.ts'
import { runHandler } from '../../support/run-handler.ts'

const at = (ms: number): string => new Date(MANUAL_CLOCK_START_AT + ms).toISOString()
const days = 24 * 3600 * 1000
const week = { startAt: at(-8 * days), endAt: at(-1) }
const start = (options: JumpCloudOptions) =>
  startJumpCloud({ users: 5, groups: 1, clock: createManualClock(), ...options })

test('answers with every event of the window, oldest first, each once, over many pages', async () => {
  await using simulator = await start({ events: 430, dialect: { insightsPageLimit: 100 } })
  await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.administrator })

  const rows = await runHandler({ contract, handler, jumpcloud, params: week })

  expect(rows).toHaveLength(430)
  expect(new Set(rows.map(({ id }) => id)).size).toBe(430)
  const times = rows.map(({ timestamp }) => Date.parse(timestamp ?? ''))
  expect(times).toEqual(times.toSorted((left, right) => left - right))
})

test('asks for nothing more after a page that is not full', async () => {
  await using simulator = await start({ events: 30 })
  await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.administrator })

  await runHandler({ contract, handler, jumpcloud, params: week })

  expect(simulator.requests).toHaveLength(1)
})

test('keeps to the services that were named', async () => {
  await using simulator = await start({ events: 200 })
  await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.administrator })

  const rows = await runHandler({ contract, handler, jumpcloud, params: { ...week, services: ['radius'] } })

  expect(new Set(rows.map(({ service }) => service))).toEqual(new Set(['radius']))
})

test('shows what the agent itself just did', async () => {
  const clock = createManualClock()
  await using simulator = await start({ groups: 2, dynamicGroups: 0, membersPerGroup: 0, events: 0, clock })
  await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.administrator })
  const { groups, members, users } = simulator.tenant
  const groupId = groups.all.find(({ id }) => members.targets(id).length === 0)?.id ?? ''
  const userId = users.all[0]?.id ?? ''
  await jumpcloud.lane('write').change(membershipChange('add', { groupId, userId }), async () => true)
  clock.advance(1000)

  const rows = await runHandler({ contract, handler, jumpcloud, params: { startAt: at(-1000), endAt: at(500) } })

  expect(rows).toMatchObject([{ type: 'association_change', service: 'directory' }])
  expect(JSON.stringify(rows)).toContain(userId)
})
