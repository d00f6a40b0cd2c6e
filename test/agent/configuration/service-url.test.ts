import { expect, test } from 'vitest'
import { serviceUrl } from '../../../agent/configuration/service-url.ts'

test.each([
  ['https://plane.example.com', 'https://plane.example.com'],
  ['https://Plane.Example.com:443/', 'https://plane.example.com'],
  ['https://plane.example.com:8443/a/b/', 'https://plane.example.com:8443/a/b'],
  ['http://localhost:7420', 'http://localhost:7420'],
  ['http://127.0.0.9', 'http://127.0.0.9'],
  ['http://[::1]:7420', 'http://[::1]:7420'],
])('takes %s as %s', (text, url) => {
  expect(serviceUrl.parse(text)).toBe(url)
})

test.each([
  'http://plane.example.com',
  'http://127.0.0.1.example.com',
  'http://localhost.example.com',
  'http://0.0.0.0',
  'wss://plane.example.com',
  'ftp://localhost',
  'https://user@plane.example.com',
  'https://user:word@plane.example.com',
  'https://plane.example.com?a=1',
  'https://plane.example.com/?',
  'https://plane.example.com/#top',
  'https://plane.example.com/a b',
  ' https://plane.example.com',
  'https://plane.exa\nmple.com',
  'plane.example.com',
  '',
])('refuses %j', (text) => {
  expect(serviceUrl.safeParse(text).success).toBe(false)
})
