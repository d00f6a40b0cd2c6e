import { readdir } from 'node:fs/promises'
import type { JobContract } from '@sallyport/protocol/job-contract'
import { expect, test } from 'vitest'
import { touchedGroups } from '../../../agent/policy/touched-groups.ts'

test('finds the group of a change of members', () => {
  expect(touchedGroups('groups.members.add', { groupId: 'a', userIds: ['u'] })).toEqual(['a'])
})

test.each([
  ['groups.members.add', {}],
  ['groups.members.add', { groupId: 7 }],
  ['groups.members.add', { groupId: [] }],
  ['groups.members.add', { groupId: ['a', null] }],
  ['groups.members.add', null],
  ['groups.members.add', 'groupId'],
  ['users.suspend', { groupId: 'a' }],
  ['toString', { groupId: 'a' }],
])('cannot tell the groups of %s with %j', (job, params) => {
  expect(touchedGroups(job, params)).toBeUndefined()
})

test('knows the groups of every write that there is a contract for', async () => {
  const folder = new URL('../../../protocol/jobs/', import.meta.url)
  for (const file of await readdir(folder)) {
    const { default: contract }: { default: JobContract } = await import(new URL(file, folder).href)
    if (contract.effect === 'write') expect(touchedGroups(contract.name, contract.docs.example)).not.toBeUndefined()
  }
})
