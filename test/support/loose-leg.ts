// A leg on which everything is permitted, for tests of what goes over a connection and not of where it goes.

import { createSecureContext } from 'node:tls'
import type { Leg } from '../../agent/egress/leg.ts'

const anywhere = new Set(['public', 'private', 'loopback'] as const)

/** `ca` (PEM) is trusted in place of those that Node trusts. */
export function looseLeg({ ca }: { readonly ca?: string } = {}): Leg {
  return {
    name: 'plane',
    secureContext: ca === undefined ? undefined : createSecureContext({ ca }),
    routeTo: (host, port) => ({
      hostname: host.replace(/^\[(.*)\]$/, '$1'),
      port,
      allowed: anywhere,
      tunnel: undefined,
    }),
  }
}
