import { expect, test } from 'vitest'
import { createManualClock } from '../jumpcloud/manual-clock.ts'
import { startJumpCloud } from '../jumpcloud/start.ts'
import { ask } from './ask.ts'
import { outsiderOf, staticGroup } from './tenant-facts.ts'

test('takes back a change that was made, later and as nobody, and leaves what changed nothing', async () => {
  const clock = createManualClock()
  await using jumpcloud = await startJumpCloud({ users: 20, clock })
  const group = staticGroup(jumpcloud)
  const [groupId, userId] = [group.id, outsiderOf(jumpcloud, group).id]
  jumpcloud.levers.undoChange({ path: '/api/v2/usergroups/*/members', count: 2, delayMs: 500 })
  const change = (op: 'add' | 'remove') =>
    ask(jumpcloud, `POST /api/v2/usergroups/${groupId}/members`, { body: { op, type: 'user', id: userId } })
  const isMember = () => jumpcloud.tenant.members.has(groupId, userId)

  const statuses = [(await change('add')).status, (await change('add')).status]
  const seen = [isMember()]
  clock.advance(500)
  seen.push(isMember())
  await change('add')
  clock.advance(500)
  seen.push(isMember())

  expect(statuses).toEqual([204, 409])
  expect(seen).toEqual([true, false, true])
  expect(jumpcloud.mutations.map(({ op, applied, requestId }) => [op, applied, requestId === null])).toEqual([
    ['add', true, false],
    ['add', false, false],
    ['remove', true, true],
    ['add', true, false],
  ])
})
