import contract from '@sallyport/protocol/jobs/users-get'
import { expect, test } from 'vitest'
import handler from '../../../agent/jobs/users-get.ts'
import { connectJumpCloud } from '../../support/connect-jumpcloud.ts'
import { startJumpCloud } from '../../support/jumpcloud/start.ts'
import { runHandler } from '../../support/run-handler.ts'

test('answers with one user in one request', async () => {
  await using simulator = await startJumpCloud({ users: 20, groups: 1 })
  await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.readOnly })
  const user = simulator.tenant.users.all[7]

  const rows = await runHandler({ contract, handler, jumpcloud, params: { userId: user?.id ?? '' } })

  expect(rows).toMatchObject([{ id: user?.id, username: user?.username, email: user?.email }])
  expect(simulator.requests).toHaveLength(1)
})

test('an unknown user is an error, not an empty answer', async () => {
  await using simulator = await startJumpCloud({ users: 1, groups: 1 })
  await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.readOnly })

  const running = runHandler({ contract, handler, jumpcloud, params: { userId: '0123456789abcdef01234567' } })

  await expect(running).rejects.toMatchObject({ code: 'not_found', message: expect.stringContaining('get the user') })
})
