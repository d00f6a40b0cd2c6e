import contract from '@sallyport/protocol/jobs/groups-members-remove'
import { describe, expect, test } from 'vitest'
import handler from '../../../agent/jobs/groups-members-remove.ts'
import { connectJumpCloud } from '../../support/connect-jumpcloud.ts'
import { startJumpCloud } from '../../support/jumpcloud/start.ts'
import { createScene, first, nobody, said } from '../../support/membership-scene.ts'
import { runHandler } from '../../support/run-handler.ts'

test('removes, and makes no other call than its contract names', async () => {
  await using simulator = await startJumpCloud({ users: 5, groups: 2, dynamicGroups: 0, membersPerGroup: 0 })
  await using jumpcloud = connectJumpCloud({ url: simulator.url, key: simulator.keys.administrator })
  const group = simulator.tenant.groups.all.find(({ id }) => simulator.tenant.members.targets(id).length === 0)
  simulator.tenant.members.add(group?.id ?? '', simulator.tenant.users.all[0]?.id ?? '')
  const params = { groupId: group?.id ?? '', userIds: [simulator.tenant.users.all[0]?.id ?? ''] }

  const rows = await runHandler({ contract, handler, jumpcloud, params })

  expect(rows).toMatchObject([{ outcome: 'applied' }])
  const called = simulator.requests.map(({ method, path }) => `${method} ${path.replace(/[0-9a-f]{24}/, '{id}')}`)
  expect(contract.docs.calls).toEqual(expect.arrayContaining(called))
})

describe('removing', () => {
  test('is applied, once, and read back', async () => {
    await using scene = await createScene()

    expect(said(await scene.remove({ userIds: [first(scene.insiders)] }))).toEqual([['applied', null]])
    expect(scene.members()).not.toContain(first(scene.insiders))
    expect(scene.posts()).toBe(1)
  })

  test('of who is no member is already done where there is such a user, and told where there is none', async () => {
    await using scene = await createScene()

    const rows = await scene.remove({ userIds: [first(scene.outsiders), nobody] })

    expect(said(rows)).toEqual([
      ['already', null],
      ['not_applied', 'user_not_found'],
    ])
    expect(scene.posts()).toBe(0)
  })

  test('that is answered with 404 looks whether it is the user that is missing', async () => {
    await using scene = await createScene()
    const [leaver, deleted] = scene.insiders
    const intent = async (userId: string) => {
      if (userId === leaver) scene.simulator.tenant.members.remove(scene.groupId, userId)
      else scene.simulator.tenant.deleteUser(userId)
      return true
    }

    const rows = await scene.remove({ userIds: [leaver ?? '', deleted ?? ''], intent })

    expect(said(rows)).toEqual([
      ['already', null],
      ['not_applied', 'user_not_found'],
    ])
  })

  test('that is answered with 404 although the user stays a member is not taken for done', async () => {
    await using scene = await createScene()
    scene.simulator.levers.answerStatus({ method: 'POST', status: 404 })

    expect(said(await scene.remove({ userIds: [first(scene.insiders)] }))).toEqual([['unknown', 'not_visible']])
    expect(scene.members()).toContain(first(scene.insiders))
  })
})
