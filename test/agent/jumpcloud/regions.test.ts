import { expect, test } from 'vitest'
import { baseUrlsOf } from '../../../agent/jumpcloud/regions.ts'

test.for([
  ['us', ''],
  ['eu', '.eu'],
  ['in', '.in'],
] as const)('knows the hosts of the region %s, that of tokens among them', ([region, part]) => {
  expect(baseUrlsOf({ region })).toEqual({
    console: `https://console${part}.jumpcloud.com`,
    api: `https://api${part}.jumpcloud.com`,
    oauth: `https://admin-oauth.id${part}.jumpcloud.com`,
  })
})

test('takes base URLs as they are', () => {
  const baseUrls = { console: 'http://127.0.0.1:1', api: 'http://127.0.0.1:2' }

  expect(baseUrlsOf({ baseUrls })).toBe(baseUrls)
})

test('guesses no region', () => {
  expect(() => baseUrlsOf({})).toThrow(TypeError)
})
