import contract from '@sallyport/protocol/jobs/groups-members-add'
import { expect, test } from 'vitest'
import handler from '../../../agent/jobs/groups-members-add.ts'
import { connectJumpCloud } from '../../support/connect-jumpcloud.ts'
import { startJumpCloud } from '../../support/jumpcloud/start.ts'
import { runHandler } from '../../support/run-handler.ts'

test('adds, and makes no other call than its contract names', async () => {
  await using simulator = await startJumpCloud({ users: 5, groups: 2, dynamicGroups: 0, membersPerGroup: 0 })
  await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.administrator })
  const group = simulator.tenant.groups.all.find(({ id }) => simulator.tenant.members.targets(id).length === 0)
  const params = { groupId: group?.id ?? '', userIds: [simulator.tenant.users.all[0]?.id ?? ''] }

  const rows = await runHandler({ contract, handler, jumpcloud, params })

  expect(rows).toMatchObject([{ outcome: 'applied' }])
  const called = simulator.requests.map(({ method, path }) => `${method} ${path.replace(/[0-9a-f]{24}/, '{id}')}`)
  expect(contract.docs.calls).toEqual(expect.arrayContaining(called))
})
