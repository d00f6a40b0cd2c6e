import { expect, test } from 'vitest'
import { loopbackPort } from '../../../agent/configuration/loopback-port.ts'

test.each([
  ['127.0.0.1:9464', { host: '127.0.0.1', port: 9464 }],
  ['127.9.9.9:1', { host: '127.9.9.9', port: 1 }],
  ['[::1]:65535', { host: '::1', port: 65_535 }],
])('takes %s', (text, port) => {
  expect(loopbackPort.parse(text)).toEqual(port)
})

test.each([
  '0.0.0.0:9464',
  '10.0.0.1:9464',
  '[::]:9464',
  '127.0.0.1',
  '127.0.0.1:0',
  '127.0.0.1:65536',
  'localhost:80',
  '::1:80',
  '',
])('refuses %j, which others can reach or which is none', (text) => {
  expect(loopbackPort.safeParse(text).error?.issues[0]?.message).toBe(
    'this must be an address of this host alone and a port, as in 127.0.0.1:9464',
  )
})
