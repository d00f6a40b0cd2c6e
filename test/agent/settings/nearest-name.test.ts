import { expect, test } from 'vitest'
import { nearestName } from '../../../agent/settings/nearest-name.ts'

test.each([
  ['regoin', 'region'],
  ['Region', 'region'],
  ['group.list', 'groups.list'],
  ['groups.member.add', 'groups.members.add'],
  ['groups-members-add', 'groups.members.add'],
])('takes %s for %s', (written, meant) => {
  const names = ['region', 'baseUrls', 'groups.list', 'groups.get', 'groups.members.add', 'groups.members.remove']

  expect(nearestName(written, names)).toBe(meant)
})

test('proposes nothing where nothing is near', () => {
  expect(nearestName('purge', ['region', 'baseUrls'])).toBeUndefined()
  expect(nearestName('', ['region', '1'])).toBeUndefined()
  expect(nearestName('uk', ['us', 'eu', 'in'])).toBeUndefined()
  expect(nearestName('region', [])).toBeUndefined()
  expect(nearestName('r'.repeat(100_000), ['region'])).toBeUndefined()
})
