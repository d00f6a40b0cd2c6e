import { expect, test } from 'vitest'
import { readConnectionFile } from '../../../agent/setup/connection-file.ts'

test.each([
  ['https://console.jumpcloud.com', 'us'],
  ['https://console.jumpcloud.com/', 'us'],
  ['https://console.eu.jumpcloud.com', 'eu'],
  ['https://console.in.jumpcloud.com/api/', 'in'],
])('takes the region from the address %s', (url, region) => {
  expect(readConnectionFile(JSON.stringify({ url, token: 'jca_x', more: 1 }), 'connection.json')).toEqual({
    hosts: region,
    token: 'jca_x',
  })
})

test('takes a file of an editor that marks the order of bytes', () => {
  const text = '\uFEFF{"url":"https://console.jumpcloud.com","token":"jca_x"}\r\n'

  expect(readConnectionFile(text, 'connection.json')).toEqual({ hosts: 'us', token: 'jca_x' })
})

test('takes an address that it does not know where the hosts are named, and none that is of another region', () => {
  const own = { console: 'https://jc.example', api: 'https://jc.example', oauth: 'https://jc.example' }
  const textOf = (url: string) => JSON.stringify({ url, token: 'jca_secret' })

  for (const named of ['eu', own] as const) {
    const read = readConnectionFile(textOf('https://sso.example'), 'connection.json', named)
    expect(read).toEqual({ hosts: named, token: 'jca_secret' })
  }
  expect(readConnectionFile(textOf('https://console.jumpcloud.com'), 'connection.json', own).hosts).toBe(own)
  expect(() => readConnectionFile(textOf('https://console.jumpcloud.com'), 'connection.json', 'eu')).toThrow(
    'is the console of us, and --region says eu; leave --region out, or correct it',
  )
})

test.each([
  ['no JSON', '{', 'it is not {"url"'],
  ['no token', '{"url":"https://console.jumpcloud.com"}', 'it is not {"url"'],
  [
    'another host',
    '{"url":"https://console.jumpcloud.com.evil.example","token":"jca_secret"}',
    'is not the console of a region',
  ],
  ['no TLS', '{"url":"http://console.jumpcloud.com","token":"jca_secret"}', 'is not the console of a region'],
])('refuses %s, and does not repeat what is in it', (_, text, why) => {
  expect(() => readConnectionFile(text, 'connection.json')).toThrow(why)
  expect(() => readConnectionFile(text, 'connection.json')).not.toThrow('jca_secret')
})
