import contract from '@sallyport/protocol/jobs/users-list'
import { expect, test } from 'vitest'
import handler from '../../../agent/jobs/users-list.ts'
import { connectJumpCloud } from '../../support/connect-jumpcloud.ts'
import { startJumpCloud } from '../../support/jumpcloud/start.ts'
import { runHandler } from '../../support/run-handler.ts'

test('answers with every user, asking for an order that does not move', async () => {
  await using simulator = await startJumpCloud({ users: 230, groups: 1 })
  await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.readOnly })

  const rows = await runHandler({ contract, handler, jumpcloud, params: {} })

  expect(rows.map(({ id }) => id).toSorted()).toEqual(simulator.tenant.users.all.map(({ id }) => id).toSorted())
  expect(simulator.requests.every(({ query }) => query.sort === '_id')).toBe(true)
})

test.for(['applied', 'ignored'] as const)(
  'answers with the users that match, where filters are %s',
  async (filters) => {
    await using simulator = await startJumpCloud({ users: 120, groups: 1, dialect: { filters } })
    await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.readOnly })
    const wanted = simulator.tenant.users.all[60]
    const where = { email: String(wanted?.email), department: String(wanted?.department), state: String(wanted?.state) }

    const rows = await runHandler({ contract, handler, jumpcloud, params: { where } })

    expect(rows.map(({ id }) => id)).toEqual([wanted?.id])
  },
)

test('compares a value with a meaning of its own in a filter here, and sends it to nobody', async () => {
  await using simulator = await startJumpCloud({ users: 20, groups: 1 })
  await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.readOnly })

  const rows = await runHandler({ contract, handler, jumpcloud, params: { where: { department: 'a|b:$ne:c' } } })

  expect(rows).toEqual([])
  expect(simulator.requests[0]?.query).not.toHaveProperty('filter')
})

test('sends neither keys nor phone numbers nor addresses nor custom attributes', async () => {
  await using simulator = await startJumpCloud({ users: 20, groups: 1 })
  await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.readOnly })

  const rows = await runHandler({ contract, handler, jumpcloud, params: {} })

  expect(JSON.stringify(rows)).not.toMatch(/phone|address|attribute|ssh|public_key|unix_/i)
})
