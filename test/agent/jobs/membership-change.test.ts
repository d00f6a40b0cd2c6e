import type { IncomingMessage, ServerResponse } from 'node:http'
import add from '@sallyport/protocol/jobs/groups-members-add'
import type { MembershipChangeRow } from '@sallyport/protocol/membership-change'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import addMembers from '../../../agent/jobs/groups-members-add.ts'
import { connectJumpCloud } from '../../support/connect-jumpcloud.ts'
import { createScene, first, nobody, said } from '../../support/membership-scene.ts'
import { startRawServer } from '../../support/raw-server.ts'
import { rowsOf } from '../../support/run-handler.ts'

describe('a change that is not answered', () => {
  test('and was done is applied, and never sent again', async () => {
    await using scene = await createScene()
    scene.simulator.levers.resetMidBody({ method: 'POST' })

    expect(said(await scene.add({ userIds: [first(scene.outsiders)] }))).toEqual([['applied', 'unanswered']])
    expect(scene.posts()).toBe(1)
  })

  test('and was not done is unknown, because it may still land', async () => {
    await using scene = await createScene()
    scene.simulator.levers.resetBeforeAnswer({ method: 'POST' })

    expect(said(await scene.add({ userIds: [first(scene.outsiders)] }))).toEqual([['unknown', 'unanswered']])
    expect(scene.posts()).toBe(1)
  })

  test('and lands after the last look is unknown, and was indeed done', async () => {
    await using scene = await createScene()
    const late = scene.simulator.levers.lateWrite({ method: 'POST' })

    const rows = await scene.add({ userIds: [first(scene.outsiders)] })
    await late.apply()

    expect(said(rows)).toEqual([['unknown', 'unanswered']])
    expect(scene.members()).toContain(first(scene.outsiders))
    expect(scene.posts()).toBe(1)
  })

  test('and lands while it looks is applied', async () => {
    await using scene = await createScene()
    const late = scene.simulator.levers.lateWrite({ method: 'POST' })

    const adding = scene.add({ userIds: [first(scene.outsiders)] })
    await scene.simulator.nextRequest(({ method }) => method === 'POST')
    await scene.simulator.nextRequest(({ path }) => path.endsWith('/memberof'))
    await late.apply()

    expect(said(await adding)).toEqual([['applied', 'unanswered']])
  })

  test.for([307, 407, 408, 499, 500, 502, 503, 504])('but with %i is looked after, not sent again', async (status) => {
    await using scene = await createScene()
    scene.simulator.levers.answerStatus({ method: 'POST', status })

    expect(said(await scene.add({ userIds: [first(scene.outsiders)] }))).toEqual([['unknown', 'unanswered']])
    expect(scene.posts()).toBe(1)
  })
})

describe('a change that is taken', () => {
  test('and cannot be seen is unknown', async () => {
    await using scene = await createScene()
    const { groups } = scene.simulator.tenant
    // JumpCloud takes the change and ignores it, because a rule came to decide after the look before.
    const intent = async () => {
      const group = groups.get(scene.groupId)
      if (group !== undefined) groups.replace({ ...group, membershipMethod: 'DYNAMIC_AUTOMATED' })
      return true
    }

    expect(said(await scene.add({ userIds: [first(scene.outsiders)], intent }))).toEqual([['unknown', 'not_visible']])
    expect(scene.simulator.mutations.filter(({ applied }) => applied)).toEqual([])
  })

  test('after 429 is sent again, with leave each time', async () => {
    await using scene = await createScene()
    scene.simulator.levers.tooManyRequests({ method: 'POST', count: 2, retryAfter: 1 })
    const asked: string[] = []
    const intent = async (target: string) => {
      asked.push(target)
      return true
    }

    expect(said(await scene.add({ userIds: [first(scene.outsiders)], intent }))).toEqual([['applied', null]])
    expect(asked).toEqual(Array.from({ length: 3 }, () => first(scene.outsiders)))
  })
})

describe('adding to a group that a rule fills', () => {
  test('is applied to a user whom the rule leaves alone, and refused to any other', async () => {
    await using scene = await createScene()
    const { groups, members } = scene.simulator.tenant
    const [exempt = nobody, other = nobody] = scene.outsiders
    const group = groups.get(scene.groupId)
    if (group === undefined) throw new Error('the scene has no group')
    groups.replace({
      ...group,
      membershipMethod: 'DYNAMIC_AUTOMATED',
      memberQueryExemptions: [{ id: exempt, type: 'USER', organizationId: scene.simulator.tenant.id }],
    })

    const rows = await scene.add({ userIds: [exempt, other] })

    expect(said(rows)).toEqual([
      ['applied', null],
      ['not_applied', 'dynamic_group'],
    ])
    expect(members.has(scene.groupId, exempt)).toBe(true)
    expect(scene.posts()).toBe(1)
  })
})

describe('an addition that JumpCloud calls a repetition', () => {
  test('is unknown where the member is not to be seen', async () => {
    await using scene = await createScene()
    scene.simulator.levers.answerStatus({ method: 'POST', status: 409 })

    expect(said(await scene.add({ userIds: [first(scene.outsiders)] }))).toEqual([['unknown', 'not_visible']])
    expect(scene.members()).not.toContain(first(scene.outsiders))
  })
})

describe('a change of which no byte left', () => {
  test('is not applied, and says that it was not sent', async () => {
    await using server = await startRawServer(answerAsJumpCloud)
    await using jumpcloud = connectJumpCloud({ url: server.url })
    const params = { groupId: nobody, userIds: [nobody], dryRun: false }
    // JumpCloud goes away between the look before and the change.
    const intent = async () => {
      await server[Symbol.asyncDispose]()
      return true
    }

    const rows = await Array.fromAsync(rowsOf({ contract: add, handler: addMembers, params, jumpcloud, intent }))

    expect(said(rows)).toEqual([['not_applied', 'not_sent']])
  })

  /** A static group, of which nobody is a member; each answer ends its connection. */
  const answerAsJumpCloud = (request: IncomingMessage, response: ServerResponse) =>
    response
      .setHeader('connection', 'close')
      .end(request.url?.includes('memberof') ? '[]' : JSON.stringify({ id: nobody, name: 'Static' }))
})

describe('leave to send', () => {
  test('that is not given leaves everything as it is', async () => {
    await using scene = await createScene()

    const rows = await scene.add({ userIds: scene.outsiders.slice(0, 3), intent: async () => false })

    expect(said(rows)).toEqual(Array.from({ length: 3 }, () => ['not_applied', 'not_sent']))
    expect(scene.posts()).toBe(0)
  })

  test('that was given is followed to the outcome although the run is cancelled', async () => {
    await using scene = await createScene()
    const controller = new AbortController()
    const intent = async () => {
      controller.abort(new Error('cancelled'))
      return true
    }

    const rows = await scene.add({ userIds: scene.outsiders.slice(0, 3), intent, signal: controller.signal })

    expect(said(rows)).toEqual([
      ['applied', null],
      ['not_applied', 'not_sent'],
      ['not_applied', 'not_sent'],
    ])
    expect(scene.members()).toHaveLength(6)
  })

  test('is not asked for where the run was cancelled before', async () => {
    await using scene = await createScene()
    const signal = AbortSignal.abort(new Error('cancelled'))

    await expect(scene.add({ userIds: [first(scene.outsiders)], signal })).rejects.toThrow('cancelled')
  })
})

describe('a refusal', () => {
  test('by the role ends the run while nothing was changed', async () => {
    await using scene = await createScene({ key: 'readOnly' })

    await expect(scene.add({ userIds: scene.outsiders.slice(0, 3) })).rejects.toMatchObject({
      code: 'jumpcloud_forbidden',
    })
    expect(scene.posts()).toBe(1)
  })

  test('after something was changed is a row, so that what was done is told', async () => {
    await using scene = await createScene()
    scene.simulator.levers.answerStatus({ method: 'POST', status: 403, after: 1 })

    const rows = await scene.add({ userIds: scene.outsiders.slice(0, 3) })

    expect(said(rows)).toEqual([
      ['applied', null],
      ['not_applied', 'refused_by_jumpcloud'],
      ['not_applied', 'refused_by_jumpcloud'],
    ])
  })

  test('of the key after something was changed is a row as well', async () => {
    await using scene = await createScene()
    const { simulator } = scene
    const rows: MembershipChangeRow[] = []
    const params = { groupId: scene.groupId, userIds: scene.outsiders.slice(0, 3), dryRun: false }

    for await (const row of rowsOf({ contract: add, handler: addMembers, params, jumpcloud: scene.jumpcloud })) {
      rows.push(row)
      if (rows.length === 1) simulator.levers.revokeKey({ key: simulator.keys.administrator })
    }

    expect(said(rows)).toEqual([
      ['applied', null],
      ['not_applied', 'not_sent'],
      ['not_applied', 'not_sent'],
    ])
  })
})

test('what the rows say is what JumpCloud did, whatever goes wrong with the changes', async () => {
  const trouble = fc.record({
    lever: fc.constantFrom('resetMidBody', 'resetBeforeAnswer', 'lateWrite', 'serverError', 'tooManyRequests'),
    after: fc.integer({ min: 0, max: 5 }),
    count: fc.integer({ min: 1, max: 3 }),
  })

  await fc.assert(
    fc.asyncProperty(fc.array(trouble, { maxLength: 4 }), async (troubles) => {
      await using scene = await createScene()
      for (const { lever, after, count } of troubles) scene.simulator.pull(lever, { method: 'POST', after, count })
      const userIds = scene.outsiders.slice(0, 6)

      const rows = await scene.add({ userIds }).catch(() => [])

      const members = new Set(scene.members())
      const claimed = (outcome: string) => rows.filter((row) => row.outcome === outcome).map(({ userId }) => userId)
      expect(claimed('applied').filter((id) => !members.has(id))).toEqual([])
      expect(claimed('already').filter((id) => !members.has(id))).toEqual([])
      expect(claimed('not_applied').filter((id) => members.has(id))).toEqual([])
      if (rows.length === 0) expect(members.size).toBe(scene.insiders.length)
    }),
    { numRuns: 25 },
  )
})
