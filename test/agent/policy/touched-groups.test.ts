import { readdir } from 'node:fs/promises'
import type { JobContract } from '@sallyport/protocol/job-contract'
import { expect, test } from 'vitest'
import { touchedGroups } from '../../../agent/policy/touched-groups.ts'

test('finds the group of a change of members', () => {
  expect(touchedGroups({ groups: ['groupId'] }, { groupId: 'a', userIds: ['u'] })).toEqual(['a'])
})

test.each([{}, { groupId: 7 }, { groupId: [] }, { groupId: ['a', null] }, null, 'groupId'])(
  'cannot tell the groups from %j',
  (params) => {
    expect(touchedGroups({ groups: ['groupId'] }, params)).toBeUndefined()
  },
)

test('cannot tell the groups of a job whose contract names none', () => {
  expect(touchedGroups(undefined, { groupId: 'a' })).toBeUndefined()
  expect(touchedGroups({ groups: ['toString'] }, { groupId: 'a' })).toBeUndefined()
})

test('knows the groups of every write that there is a contract for', async () => {
  const folder = new URL('../../../protocol/jobs/', import.meta.url)
  for (const file of await readdir(folder)) {
    const { default: contract }: { default: JobContract } = await import(new URL(file, folder).href)
    if (contract.effect === 'write') expect(touchedGroups(contract.changes, contract.docs.example)).not.toBeUndefined()
  }
})
