// The loopback addresses of this machine: IPv4 always, IPv6 where it has it.

import { networkInterfaces } from 'node:os'

const addresses = Object.values(networkInterfaces()).flatMap((each) => each ?? [])

export const loopbacks: readonly string[] = [
  '127.0.0.1',
  ...(addresses.some(({ address }) => address === '::1') ? ['::1'] : []),
]
