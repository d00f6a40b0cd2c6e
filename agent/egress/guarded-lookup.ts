// Resolves a name for a connection and looks at every address before one of them is connected to: what was looked at is what
// is connected to, because nothing resolves the name again.

import { type LookupAddress, lookup } from 'node:dns'
import { isIP, type LookupFunction } from 'node:net'
import { type AddressKind, addressKind } from './address-kind.ts'
import { refused } from './egress-error.ts'

/** Every address of a name, as `dns.lookup` with `all` gives them. */
export type Resolve = (
  hostname: string,
  answer: (error: Error | null, addresses: readonly LookupAddress[]) => void,
) => void

export const systemResolve: Resolve = (hostname, answer) => lookup(hostname, { all: true }, answer)

type NamedHost = { readonly hostname: string; readonly isProxy: boolean; readonly isPrivate: boolean }

/**
 * What kinds of address a name may lead to. A name that the customer says is inside, and a proxy, which mostly is, may be
 * private; nothing is ever reached by a name at a link-local address, where clouds hand out the credentials of the host.
 */
export function kindsFor({ hostname, isProxy, isPrivate }: NamedHost): ReadonlySet<AddressKind> {
  if (hostname === 'localhost') return new Set(['loopback'])
  return new Set(isProxy || isPrivate ? ['public', 'private', 'loopback'] : ['public'])
}

type Guarding = { readonly allowed: ReadonlySet<AddressKind>; readonly leg: string; readonly resolve: Resolve }

/** One address that may not be connected to refuses the name as a whole. It is not asked for what is written as an address. */
export function guardLookup({ allowed, leg, resolve }: Guarding): LookupFunction {
  return (hostname, options, answer) => {
    resolve(hostname, (error, addresses) => {
      if (error !== null) return answer(error, '')
      const wrong = addresses.find(({ address }) => isIP(address) === 0 || !allowed.has(addressKind(address)))
      if (wrong !== undefined) return answer(refusal(leg, hostname, wrong.address), '')
      const [first] = addresses
      if (options.all === true || first === undefined) answer(null, [...addresses])
      else answer(null, first.address, first.family)
    })
  }
}

function refusal(leg: string, hostname: string, address: string): Error {
  const kind = addressKind(address)
  const mend =
    kind === 'private' || kind === 'loopback'
      ? `If it is inside your own network, set ${leg}.privateAddress: true; else look at who answers DNS here`
      : 'Look at who answers DNS here'
  return refused(`DNS leads ${hostname} to ${address}, which is ${kind}. ${mend}.`)
}
