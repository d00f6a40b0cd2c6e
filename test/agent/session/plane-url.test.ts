import { expect, test } from 'vitest'
import { planeUrl } from '../../../agent/session/plane-url.ts'

test.each([
  ['https://plane.example', 'https://plane.example/v1/session'],
  ['https://plane.example/', 'https://plane.example/v1/session'],
  ['https://vendor.example/sallyport//', 'https://vendor.example/sallyport/v1/session'],
])('under %s the session is at %s', (base, url) => {
  expect(planeUrl(base, '/v1/session').href).toBe(url)
})
