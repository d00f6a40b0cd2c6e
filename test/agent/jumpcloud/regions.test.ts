import { expect, test } from 'vitest'
import { baseUrlsOf } from '../../../agent/jumpcloud/regions.ts'

test.for([
  ['us', 'https://console.jumpcloud.com', 'https://api.jumpcloud.com'],
  ['eu', 'https://console.eu.jumpcloud.com', 'https://api.eu.jumpcloud.com'],
  ['in', 'https://console.in.jumpcloud.com', 'https://api.in.jumpcloud.com'],
] as const)('knows the hosts of the region %s', ([region, console, api]) => {
  expect(baseUrlsOf({ region })).toMatchObject({ console, api })
})

test('takes base URLs as they are', () => {
  const baseUrls = { console: 'http://127.0.0.1:1', api: 'http://127.0.0.1:2' }

  expect(baseUrlsOf({ baseUrls })).toBe(baseUrls)
})

test('guesses no region', () => {
  expect(() => baseUrlsOf({})).toThrow(TypeError)
})
