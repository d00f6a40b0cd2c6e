// What an IP address is good for. Whether a connection may go there is decided by `guarded-lookup.ts`.

import { BlockList, isIPv6 } from 'node:net'

/** `public` is what the rest of the internet can reach; `reserved` is what nobody should answer from. */
export type AddressKind = 'public' | 'private' | 'loopback' | 'link-local' | 'multicast' | 'unspecified' | 'reserved'

/** IANA's special-purpose address registries (RFC 6890), and what is out of use but still routed somewhere. */
const ranges: Readonly<Record<Exclude<AddressKind, 'public'>, readonly string[]>> = {
  unspecified: ['0.0.0.0/8', '::/128'],
  loopback: ['127.0.0.0/8', '::1/128'],
  // Clouds answer with the host's own credentials at 169.254.169.254 and fd00:ec2::254.
  'link-local': ['169.254.0.0/16', 'fe80::/10', 'fd00:ec2::/32'],
  // 100.64.0.0/10 is what carriers use behind their NAT.
  private: [
    '10.0.0.0/8',
    '172.16.0.0/12',
    '192.168.0.0/16',
    '100.64.0.0/10',
    'fc00::/7',
    'fec0::/10',
    '64:ff9b:1::/48',
  ],
  multicast: ['224.0.0.0/4', 'ff00::/8'],
  reserved: [
    '192.0.0.0/24',
    '192.0.2.0/24',
    '198.18.0.0/15',
    '198.51.100.0/24',
    '203.0.113.0/24',
    '240.0.0.0/4',
    '::/96',
    '::ffff:0:0:0/96',
    '100::/64',
    '2001::/23',
    '2001:db8::/32',
    '2002::/16',
    '3fff::/20',
    '5f00::/16',
  ],
}

/** In IPv6 an IPv4 address is written, and reached, by these: mapped (RFC 4291) and translated (NAT64, RFC 6052). */
const carriers = ['::ffff:', '64:ff9b::']

const kinds = Object.entries(ranges).map(([kind, nets]) => {
  const list = new BlockList()
  for (const [net = '', bits] of nets.map((range) => range.split('/'))) {
    if (isIPv6(net)) list.addSubnet(net, Number(bits), 'ipv6')
    else list.addSubnet(net, Number(bits), 'ipv4')
    if (!isIPv6(net)) for (const carrier of carriers) list.addSubnet(`${carrier}${net}`, 96 + Number(bits), 'ipv6')
  }
  // `Object.entries` forgets the names of the keys.
  return { kind: kind as AddressKind, list }
})

/** `address` is an IPv4 or IPv6 address without brackets; an IPv4 address inside an IPv6 one counts as itself. */
export function addressKind(address: string): AddressKind {
  const bare = address.replace(/%.*$/, '')
  const family = isIPv6(bare) ? 'ipv6' : 'ipv4'
  return kinds.find(({ list }) => list.check(bare, family))?.kind ?? 'public'
}
