// An access that was given, cut off, and taken away again by a person: whatever became of the journal meanwhile, it does not
// come back, because only the journal that a run was sent under proves that nothing was done of it.

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { shareInstallation } from '../support/story.ts'
import { until } from '../support/until.ts'

const installation = shareInstallation({
  sizes: { users: 20, groups: 4, dynamicGroups: 0, membersPerGroup: 0, events: 0 },
})

const remove = (...suffixes: readonly string[]) =>
  Promise.all(
    suffixes.map((suffix) => rm(join(installation.agent.directory, 'state', `journal.db${suffix}`), { force: true })),
  )

async function pair(number: number) {
  const { groups, users } = await installation.simulator.state()
  return { groupId: String(groups[1]?.id), userId: String(users[number]?.id) }
}

/** JumpCloud carried the change out, the answer never came, the agent is killed, and a person takes the access away. */
async function cutOffAndUndone(number: number, before: () => Promise<unknown> = async () => {}) {
  const { simulator, plane, agent } = installation
  const { groupId, userId } = await pair(number)
  const held = await simulator.pull('holdAnswer', { method: 'POST' })
  const id = await plane.caller.submit('groups.members.add', { groupId, userIds: [userId] }, { ttlMs: 600_000 })
  await until(async () => JSON.stringify(await simulator.mutations()).includes(userId))
  await before()
  await agent.kill()
  await held.release()
  const undone = await fetch(`${simulator.url}/api/v2/usergroups/${groupId}/members`, {
    method: 'POST',
    headers: { 'x-api-key': simulator.key, 'content-type': 'application/json' },
    body: JSON.stringify({ op: 'remove', type: 'user', id: userId }),
  })
  expect(undone.status).toBe(204)
  return { id, groupId, userId }
}

async function expectNotBack({ id, groupId, userId }: Awaited<ReturnType<typeof cutOffAndUndone>>): Promise<void> {
  const { simulator, plane } = installation
  expect(await plane.caller.follow(id)).toMatchObject({
    state: 'failed',
    outcome: 'unknown',
    error: { code: 'journal_lost' },
  })
  const { groups } = await simulator.state()
  expect(groups.find((group) => group.id === groupId)?.members).not.toContain(userId)
  const mutations = (await simulator.mutations()).filter((one) => JSON.stringify(one).includes(userId))
  expect(mutations).toHaveLength(2)
}

test('not where a person says resume before the control plane was told', async () => {
  const { agent, plane } = installation
  const change = await cutOffAndUndone(0)
  await remove('', '-wal', '-shm')
  await plane.stop()
  await agent.start('journal.state')
  await agent.program.line(({ event }) => event === 'agent.started')
  await agent.command('resume')

  await plane.start()

  await expectNotBack(change)
})

test('not where the log of the journal was deleted', async () => {
  const { agent } = installation
  const change = await cutOffAndUndone(1)
  await remove('-wal', '-shm')

  await agent.start()

  await expectNotBack(change)
  await agent.command('resume')
})

test('not where the log was deleted while the agent ran', async () => {
  const { agent } = installation
  const change = await cutOffAndUndone(2, () => remove('-wal', '-shm'))

  await agent.start()

  await expectNotBack(change)
})
