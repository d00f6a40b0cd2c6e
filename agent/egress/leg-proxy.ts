// Which proxy a leg goes by: what the configuration names, else what the environment does. Passwords stay where they are.

import { isIP } from 'node:net'
import { SallyportError } from '@sallyport/protocol/sallyport-error'
import type { LegSettings } from '../configuration/leg-settings.ts'
import { Secret } from '../vault/secret.ts'
import type { SecretSource } from '../vault/secret-source.ts'
import { addressKind } from './address-kind.ts'
import { isExempt } from './no-proxy.ts'

export type LegProxy = {
  /** Lower case; an IPv6 address in brackets. */
  readonly host: string
  readonly port: number
  readonly username?: string | undefined
  readonly password?: SecretSource | Secret | undefined
  readonly noProxy: readonly string[]
  /** What names it, for messages: a key of the configuration, or a variable. */
  readonly namedBy: string
  readonly isOfEnvironment: boolean
}

export type Environment = Readonly<Record<string, string | undefined>>

/** The proxy of a leg, `plane` or `connections.NAME`. Throws `configuration_invalid` for a variable that cannot be used. */
export function proxyOf(leg: string, { proxy }: LegSettings, environment: Environment): LegProxy | undefined {
  if (proxy === 'none') return undefined
  if (proxy === undefined) return environmentProxy(environment)
  const { url, ...rest } = proxy
  return { ...rest, ...url, namedBy: `${leg}.proxy`, isOfEnvironment: false }
}

/** Plain text leaves no host, so it goes by no proxy; nor does the host itself go by one that the environment names. */
export function goesBy(proxy: LegProxy | undefined, url: URL): LegProxy | undefined {
  if (proxy === undefined || url.protocol !== 'https:') return undefined
  if (proxy.isOfEnvironment && isThisHost(url.hostname)) return undefined
  return isExempt(url.hostname, Number(url.port || 443), proxy.noProxy) ? undefined : proxy
}

function isThisHost(hostname: string): boolean {
  const bare = hostname.replace(/^\[(.*)\]$/, '$1')
  return bare === 'localhost' || (isIP(bare) !== 0 && addressKind(bare) === 'loopback')
}

function environmentProxy(environment: Environment): LegProxy | undefined {
  const [namedBy, text = ''] = firstSet(environment, ['https_proxy', 'HTTPS_PROXY'])
  if (text === '') return undefined
  const url = URL.parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`)
  if (url === null || url.protocol !== 'http:' || url.hostname === '') {
    throw new SallyportError(
      'configuration_invalid',
      `read ${namedBy} of the environment: it must be http://HOST:PORT, the address of an HTTP proxy. Correct it, or name a proxy, or none, in the configuration.`,
    )
  }
  const [, noProxy = ''] = firstSet(environment, ['no_proxy', 'NO_PROXY'])
  return {
    host: url.hostname,
    port: Number(url.port || 80),
    ...(url.username === '' ? {} : { username: decoded(url.username), password: new Secret(decoded(url.password)) }),
    noProxy: noProxy.split(/[\s,]+/).filter((entry) => entry !== ''),
    namedBy,
    isOfEnvironment: true,
  }
}

function firstSet(environment: Environment, names: readonly [string, string]): readonly [string, string | undefined] {
  const name = names.find((each) => (environment[each] ?? '').trim() !== '') ?? names[1]
  return [name, environment[name]?.trim()]
}

/** A percent sign that begins no code stands for itself. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
