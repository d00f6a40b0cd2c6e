import { readdir } from 'node:fs/promises'
import type { JobContract } from '@sallyport/protocol/job-contract'
import { expect, test } from 'vitest'
import { touchedIds } from '../../../agent/policy/touched-ids.ts'

test('finds the groups and the users of a change of members', () => {
  expect(touchedIds(['userIds'], { groupId: 'a', userIds: ['u', 'v'] })).toEqual(['u', 'v'])
  expect(touchedIds(['groupId'], { groupId: 'a', userIds: ['u'] })).toEqual(['a'])
})

test.each([{}, { groupId: 7 }, { groupId: [] }, { groupId: ['a', null] }, null, 'groupId'])(
  'cannot tell the groups from %j',
  (params) => {
    expect(touchedIds(['groupId'], params)).toBeUndefined()
  },
)

test('cannot tell the groups of a job whose contract names none', () => {
  expect(touchedIds(undefined, { groupId: 'a' })).toBeUndefined()
  expect(touchedIds(['toString'], { groupId: 'a' })).toBeUndefined()
})

test('knows the groups and the users of every write that there is a contract for', async () => {
  const folder = new URL('../../../protocol/jobs/', import.meta.url)
  for (const file of await readdir(folder)) {
    const { default: contract }: { default: JobContract } = await import(new URL(file, folder).href)
    if (contract.effect === 'write') {
      expect(touchedIds(contract.changes?.groups, contract.docs.example)).not.toBeUndefined()
      expect(touchedIds(contract.changes?.users, contract.docs.example)).not.toBeUndefined()
    }
  }
})
