import { expect, test } from 'vitest'
import { addressKind } from '../../../agent/egress/address-kind.ts'

test.each([
  ['public', ['1.1.1.1', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '64:ff9b::101:101', '::ffff:1.1.1.1']],
  ['private', ['10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.0.1', '100.64.0.1', 'fd12::1', 'fec0::1']],
  ['loopback', ['127.0.0.1', '127.255.255.255', '::1']],
  ['link-local', ['169.254.169.254', 'fe80::1', 'fe80::1%eth0', 'fd00:ec2::254']],
  ['multicast', ['224.0.0.1', '239.255.255.255', 'ff02::1']],
  ['unspecified', ['0.0.0.0', '0.1.2.3', '::']],
  ['reserved', ['255.255.255.255', '240.0.0.1', '192.0.2.1', '198.18.0.1', '2001:db8::1', '2002:7f00:1::', '2001::1']],
])('knows what is %s', (kind, addresses) => {
  expect(addresses.map(addressKind)).toEqual(addresses.map(() => kind))
})

test('takes an IPv4 address inside an IPv6 one for itself, however it is written', () => {
  expect(['::ffff:10.1.2.3', '::ffff:a01:203', '64:ff9b::a01:203', '64:ff9b::10.1.2.3'].map(addressKind)).toEqual(
    Array(4).fill('private'),
  )
  expect(['::ffff:169.254.169.254', '64:ff9b::a9fe:a9fe'].map(addressKind)).toEqual(Array(2).fill('link-local'))
  expect(['::ffff:127.0.0.1', '0:0:0:0:0:ffff:7f00:1'].map(addressKind)).toEqual(Array(2).fill('loopback'))
  expect(addressKind('::127.0.0.1')).toBe('reserved')
})
