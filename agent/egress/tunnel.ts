// Asks an HTTP proxy, over a TCP connection to it, to go on to a host and port (RFC 9110 9.3.6). What is said through it is not
// its business, and how long it may take is that of the connector.

import type { Socket } from 'node:net'
import { EgressError } from './egress-error.ts'

export type TunnelRequest = {
  /** Host and port of the far end; an IPv6 address in brackets. */
  readonly target: string
  /** Host and port of the proxy, for messages. */
  readonly proxy: string
  /** What names the proxy in the configuration or the environment, for messages. */
  readonly namedBy: string
  /** The value of `Proxy-Authorization`; undefined where there is no user name. */
  readonly authorization: string | undefined
}

const answerLimitBytes = 16 * 1024

/** Calls back once: with null when the far end is at the other side of `tcp`, or with a `PROXY_FAILED`. */
export function openTunnel(tcp: Socket, request: TunnelRequest, callback: (error: EgressError | null) => void): void {
  let answer = Buffer.alloc(0)
  const end = (error: EgressError | null) => {
    tcp.off('data', take).off('end', close)
    tcp.pause()
    callback(error)
  }
  const close = () => end(failed(request, 'closed the connection without an answer. Ask who runs it'))
  const take = (bytes: Buffer) => {
    answer = Buffer.concat([answer, bytes])
    const headEnd = answer.indexOf('\r\n\r\n')
    if (headEnd >= 0)
      return end(readAnswer(request, answer.toString('latin1', 0, headEnd), answer.length - headEnd - 4))
    if (answer.length > answerLimitBytes || !'HTTP/1.'.startsWith(answer.toString('latin1', 0, 7)))
      end(noProxy(request))
  }
  tcp.on('data', take).on('end', close)
  const { target, authorization } = request
  const credentials = authorization === undefined ? '' : `Proxy-Authorization: ${authorization}\r\n`
  tcp.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n${credentials}\r\n`)
}

function readAnswer(request: TunnelRequest, head: string, moreBytes: number): EgressError | null {
  const status = Number(/^HTTP\/1\.[01] (\d{3})(?: |\r|$)/.exec(head)?.[1])
  if (Number.isNaN(status)) return noProxy(request)
  if (status >= 300 || status < 200) return failed(request, meaningOf(status, request, head))
  // TLS is begun by this end, so nobody at the far end can have said anything yet.
  if (moreBytes > 0) return failed(request, 'sent more than its answer, as no proxy does. Ask who runs it')
  return null
}

function meaningOf(status: number, { target, namedBy, authorization }: TunnelRequest, head: string): string {
  if (status === 407) return unauthenticated({ namedBy, authorization }, head)
  if (status === 403) return `does not let this host on to ${target} (403). Ask who runs it to allow CONNECT to that`
  if (status >= 502 && status <= 504) {
    return `could not reach ${target} (${status}). Ask who runs it, or look whether the far end is up`
  }
  return `answered ${status} to CONNECT ${target}. Ask who runs it`
}

function unauthenticated({ namedBy, authorization }: Pick<TunnelRequest, 'namedBy' | 'authorization'>, head: string) {
  const schemes = [...head.matchAll(/^proxy-authenticate:[ \t]*([A-Za-z0-9-]{1,20})/gim)].map(
    ([, scheme = '']) => scheme,
  )
  if (schemes.length > 0 && !schemes.some((scheme) => scheme.toLowerCase() === 'basic')) {
    return `asks to authenticate by ${schemes.join(' or ')} (407), and Sallyport by Basic alone. Ask who runs it to offer Basic, or to let this host through without`
  }
  return authorization === undefined
    ? `asks for a user name and a password (407). Name them with ${namedBy}`
    : `does not accept the user name and the password that ${namedBy} gives (407). Correct them, and restart the agent`
}

function noProxy(request: TunnelRequest): EgressError {
  return failed(request, `does not answer as an HTTP proxy. Correct its address in ${request.namedBy}`)
}

function failed({ proxy }: TunnelRequest, what: string): EgressError {
  return new EgressError('PROXY_FAILED', `the proxy ${proxy} ${what}.`)
}

/** There is no connection to the proxy itself. */
export function proxyUnreachable({ proxy, namedBy }: TunnelRequest, why: string, cause?: unknown): EgressError {
  const message = `no connection to the proxy ${proxy} that ${namedBy} names: ${why}. Check that it is up, and that the firewall lets this host out to it.`
  return new EgressError('PROXY_FAILED', message, cause === undefined ? {} : { cause })
}
