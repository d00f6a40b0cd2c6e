import contract from '@sallyport/protocol/jobs/groups-list'
import { expect, test } from 'vitest'
import handler from '../../../agent/jobs/groups-list.ts'
import { connectJumpCloud } from '../../support/connect-jumpcloud.ts'
import { startJumpCloud } from '../../support/jumpcloud/start.ts'
import { runHandler } from '../../support/run-handler.ts'

test('answers with every group of the organisation', async () => {
  await using simulator = await startJumpCloud({ users: 3, groups: 130 })
  await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.readOnly })

  const rows = await runHandler({ contract, handler, jumpcloud, params: {} })

  expect(rows.map(({ id, name }) => ({ id, name }))).toEqual(
    simulator.tenant.groups.all.map(({ id, name }) => ({ id, name })),
  )
})

test('answers with the groups of exactly one name, compared here and not by JumpCloud', async () => {
  await using simulator = await startJumpCloud({ users: 3, groups: 130 })
  await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.readOnly })
  const name = simulator.tenant.groups.all[77]?.name ?? ''

  const rows = await runHandler({ contract, handler, jumpcloud, params: { name } })
  const none = await runHandler({ contract, handler, jumpcloud, params: { name: `${name.slice(0, 2)}*` } })

  expect(rows.map((row) => row.name)).toContain(name)
  expect(new Set(rows.map((row) => row.name)).size).toBe(1)
  expect(none).toEqual([])
  expect(simulator.requests.some(({ query }) => 'filter' in query)).toBe(false)
})

test('answers with every group although JumpCloud keeps no order unless it is asked for one', async () => {
  await using simulator = await startJumpCloud({ users: 3, groups: 330, dialect: { v2Unsorted: 'unstable' } })
  await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.readOnly })

  const rows = await runHandler({ contract, handler, jumpcloud, params: {} })

  expect(rows.map(({ id }) => id)).toEqual(simulator.tenant.groups.all.map(({ id }) => id).toSorted())
  expect(simulator.requests).toHaveLength(4)
})

test('answers with every group where JumpCloud refuses to sort, and asks for that once', async () => {
  await using simulator = await startJumpCloud({ users: 3, groups: 330, dialect: { v2Sort: 'refused' } })
  await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.readOnly })

  const first = await runHandler({ contract, handler, jumpcloud, params: {} })
  const second = await runHandler({ contract, handler, jumpcloud, params: {} })

  expect(new Set(first.map(({ id }) => id))).toEqual(new Set(simulator.tenant.groups.all.map(({ id }) => id)))
  expect(second).toEqual(first)
  expect(simulator.requests.filter(({ query }) => 'sort' in query)).toHaveLength(1)
})

test('never gives a part for the whole where JumpCloud refuses to sort and keeps no order', async () => {
  const endings: string[] = []
  for (const seed of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) {
    const dialect = { v2Sort: 'refused', v2Unsorted: 'unstable' } as const
    await using simulator = await startJumpCloud({ seed, users: 3, groups: 330, dialect })
    await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.readOnly })

    const listing = runHandler({ contract, handler, jumpcloud, params: {} })
    endings.push(
      await listing.then(
        ({ length }) => `${length} rows`,
        ({ code }) => code,
      ),
    )
  }

  expect(['330 rows', 'listing_unstable']).toEqual(expect.arrayContaining(endings))
})
