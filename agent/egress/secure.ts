// TLS over a TCP connection that is there already, and in words why it could not be made.

import type { Socket } from 'node:net'
import { isIP } from 'node:net'
import { type PeerCertificate, type SecureContext, type TLSSocket, connect as tlsConnect } from 'node:tls'
import type { OnStep, ShownCertificate } from './connect-step.ts'
import { EgressError } from './egress-error.ts'

export type Securing = {
  readonly tcp: Socket
  /** A name, or an address without brackets. */
  readonly hostname: string
  /** Asked for in place of the host name. */
  readonly servername?: string | undefined
  readonly secureContext?: SecureContext | undefined
  /** The name of the leg, for messages. */
  readonly leg: string
  readonly onStep?: OnStep | undefined
}

export type Secure = (
  securing: Securing,
  callback: (error: Error | null, socket: TLSSocket | undefined) => void,
) => void

/** HTTP/1.1 only. Sessions are kept to be gone on with, one for each host that is asked for. */
export function createSecure(): Secure {
  const sessions = new Map<string, Buffer>()
  return (securing, callback) => {
    const { tcp, hostname, servername: named, secureContext, onStep } = securing
    const servername = named || (isIP(hostname) === 0 ? hostname : '')
    const key = `${hostname} ${servername}`
    const session = sessions.get(key)
    const socket = tlsConnect({
      socket: tcp,
      // What a certificate without a server name is compared with.
      host: hostname,
      servername,
      ALPNProtocols: ['http/1.1'],
      ...(secureContext === undefined ? {} : { secureContext }),
      ...(session === undefined ? {} : { session }),
    })
    let shown: PeerCertificate | undefined
    // Before Node itself looks at it: what it does not trust it destroys, and the certificate with it.
    socket.prependOnceListener('secure', () => {
      shown = socket.getPeerCertificate()
      onStep?.({ at: 'shown', ...shownBy(shown) })
    })
    socket.on('session', (newer) => void sessions.set(key, newer))
    socket.once('secureConnect', () => {
      onStep?.({ at: 'secured' })
      callback(null, socket)
    })
    socket.once('error', (error) => {
      sessions.delete(key)
      callback(untrusted(error, securing, shown) ?? error, undefined)
    })
  }
}

/** Those of OpenSSL that say that nobody who is trusted vouches for the certificate. */
const unknownIssuer: ReadonlySet<unknown> = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'CERT_UNTRUSTED',
])

type Shown = PeerCertificate | undefined

/** Undefined for what has nothing to do with the certificate. */
function untrusted(error: Error, { hostname, leg }: Securing, shown: Shown): EgressError | undefined {
  const why = flawOf('code' in error ? error.code : undefined, shown, leg)
  if (why === undefined) return undefined
  const issuer = shown === undefined ? 'an unknown issuer' : nameOf(shown.issuer)
  return new EgressError(
    'CERTIFICATE_UNTRUSTED',
    `the certificate that answers for ${hostname} is issued by ${issuer}, which ${why}`,
    { cause: error },
  )
}

function flawOf(code: unknown, shown: Shown, leg: string): string | undefined {
  if (unknownIssuer.has(code))
    return `is not trusted here. If that is your inspecting proxy or your own CA, name its certificate as ${leg}.ca; else somebody is in between.`
  // The dates are those of the certificate of the host; it may be one above it that has ended.
  const dates = `it is good from ${printable(shown?.valid_from ?? 'an unknown time')} to ${printable(shown?.valid_to ?? 'an unknown time')}`
  if (code === 'CERT_HAS_EXPIRED')
    return `is known here, but it or one that vouches for it has expired: ${dates}. Look at the clock of this host; if that is right, whoever runs the other end has to renew it.`
  if (code === 'CERT_NOT_YET_VALID')
    return `is known here, but it or one that vouches for it is not valid yet: ${dates}. Look at the clock of this host.`
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID')
    return `is known here, but it is for ${printable(shown?.subjectaltname ?? 'no names')}. Look at the address and at DNS; else somebody is in between.`
  return undefined
}

function shownBy({ issuer, subjectaltname, valid_to }: PeerCertificate): ShownCertificate {
  return { issuer: nameOf(issuer), names: printable(subjectaltname ?? 'no names'), endsAt: Date.parse(valid_to) }
}

/** Whoever answers wrote it, and it goes to a log and a terminal. */
function nameOf(issuer: Partial<PeerCertificate['issuer']> = {}): string {
  const parts = [issuer.CN, issuer.O, issuer.OU].filter((part) => part !== undefined)
  const name = printable(parts.join(', '))
  return name === '' ? 'somebody without a name' : `"${name}"`
}

function printable(text: string): string {
  return text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, ' ').slice(0, 200)
}
