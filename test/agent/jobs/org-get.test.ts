import contract from '@sallyport/protocol/jobs/org-get'
import { expect, test } from 'vitest'
import handler from '../../../agent/jobs/org-get.ts'
import { connectJumpCloud } from '../../support/connect-jumpcloud.ts'
import { startJumpCloud } from '../../support/jumpcloud/start.ts'
import { runHandler } from '../../support/run-handler.ts'

const job = { contract, handler, params: {} }

test('answers with the one organisation that the key sees', async () => {
  await using simulator = await startJumpCloud({ users: 1, groups: 1 })
  await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.administrator })

  const rows = await runHandler({ ...job, jumpcloud })

  expect(rows).toEqual([{ id: simulator.tenant.id, name: expect.any(String), createdAt: expect.any(String) }])
})

test('answers with the organisation that the connection names, and never sends its header to this path', async () => {
  await using simulator = await startJumpCloud({ users: 1, groups: 1, organizations: 3 })
  const organisationId = simulator.tenants[2]?.id
  await using jumpcloud = connectJumpCloud({
    url: simulator.url,
    key: simulator.keys.multiTenant,
    settings: { organisationId },
  })

  const rows = await runHandler({ ...job, jumpcloud })

  expect(rows).toMatchObject([{ id: organisationId }])
  expect(simulator.requests[0]?.headers).not.toContain('x-org-id')
})

test('refuses to guess between several, and lists them for the host alone', async () => {
  await using simulator = await startJumpCloud({ users: 1, groups: 1, organizations: 2 })
  await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.multiTenant })

  const running = runHandler({ ...job, jumpcloud })

  await expect(running).rejects.toMatchObject({
    code: 'organisation_ambiguous',
    message: expect.not.stringContaining(simulator.tenant.id),
    cause: {
      message: expect.stringMatching(`${simulator.tenant.id} \\(.+\\), ${simulator.tenants[1]?.id} \\(.+\\)`),
    },
  })
})

test('says which ones the key sees where the named one is not among them', async () => {
  await using simulator = await startJumpCloud({ users: 1, groups: 1 })
  const settings = { organisationId: '0123456789abcdef01234567' }
  await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.administrator, settings })

  const running = runHandler({ ...job, jumpcloud })

  await expect(running).rejects.toMatchObject({
    code: 'organisation_unknown',
    cause: { message: expect.stringContaining(simulator.tenant.id) },
  })
})
