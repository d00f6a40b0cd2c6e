import contract from '@sallyport/protocol/jobs/groups-get'
import { expect, test } from 'vitest'
import handler from '../../../agent/jobs/groups-get.ts'
import { connectJumpCloud } from '../../support/connect-jumpcloud.ts'
import { startJumpCloud } from '../../support/jumpcloud/start.ts'
import { runHandler } from '../../support/run-handler.ts'

test('says of a static group and of a dynamic one which it is', async () => {
  await using simulator = await startJumpCloud({ users: 20, groups: 20, dynamicGroups: 3 })
  await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.readOnly })
  const { all } = simulator.tenant.groups
  const groups = [
    all.find((group) => !simulator.tenant.isDynamic(group)),
    all.find((group) => simulator.tenant.isDynamic(group)),
  ]

  const rows = []
  for (const group of groups)
    rows.push(...(await runHandler({ contract, handler, jumpcloud, params: { groupId: group?.id ?? '' } })))

  expect(rows).toMatchObject([
    { id: groups[0]?.id, name: groups[0]?.name, membershipMethod: 'STATIC', dynamic: false, exemptUserIds: [] },
    { id: groups[1]?.id, name: groups[1]?.name, dynamic: true },
  ])
})

test('an unknown group is an error, not an empty answer', async () => {
  await using simulator = await startJumpCloud({ users: 1, groups: 1 })
  await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.readOnly })

  const running = runHandler({ contract, handler, jumpcloud, params: { groupId: '0123456789abcdef01234567' } })

  await expect(running).rejects.toMatchObject({ code: 'not_found', message: expect.stringContaining('get the group') })
})
