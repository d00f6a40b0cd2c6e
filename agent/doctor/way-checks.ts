// The checks of the way to the hosts of one leg: its settings, DNS, TCP, its proxy, TLS. They are the same for the control
// plane and for JumpCloud.

import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { EgressError } from '../egress/egress-error.ts'
import { reasonOf } from '../egress/reason-of.ts'
import type { Clock } from '../ports/clock.ts'
import { type Check, fail, nameOfCheck, ok, skip, type Verdict, warn } from './check.ts'
import { once } from './once.ts'
import type { LegWays, Stage, Way } from './way.ts'

export type WayChecksOptions = {
  readonly family: 'plane' | 'jumpcloud'
  /** The connection. */
  readonly of?: string
  /** Opened once. Rejects where what the leg needs of this host cannot be read. */
  readonly open: () => Promise<LegWays>
  readonly clock: Pick<Clock, 'now'>
}

/** The last of them is `tls`: what needs the way comes after it. */
export function wayChecks({ family, of, open, clock }: WayChecksOptions): readonly Check[] {
  const walk = once(async (signal: AbortSignal) => (await open()).walk(signal))
  const about = of === undefined ? {} : { of }
  const stageCheck = (stage: Stage, before: 'settings' | Stage, say: (ways: readonly Way[]) => Verdict): Check => ({
    ...{ id: `${family}.${stage}`, ...about },
    after: ['env.tls', nameOfCheck(`${family}.${before}`, of)],
    look: async (signal) => {
      const ways = await walk(signal)
      const broken = ways.find((way) => way.broken?.stage === stage)
      return broken === undefined ? say(ways) : failureOf(broken)
    },
  })
  return [
    { id: `${family}.settings`, ...about, after: ['config.valid'], look: () => lookAtSettings(open) },
    stageCheck('dns', 'settings', sayDns),
    stageCheck('tcp', 'dns', (ways) => ok(`connected to ${distinct(ways.map((way) => way.proxy?.at ?? way.to))}`)),
    stageCheck('proxy', 'tcp', sayProxy),
    stageCheck('tls', 'proxy', (ways) => sayTls(ways, clock.now())),
  ]
}

async function lookAtSettings(open: WayChecksOptions['open']): Promise<Verdict> {
  try {
    await open()
    return ok('certificate authorities and proxy are readable, where they are named')
  } catch (error) {
    if (error instanceof SallyportError) return fail(error.message)
    throw error
  }
}

const advice: Readonly<Record<Stage, string>> = {
  dns: 'Check the name, and the DNS servers of this host',
  tcp: 'Check the address, that it is up, and that the firewall lets this host out to it',
  proxy: 'Ask who runs the proxy',
  tls: 'Check the address, and the certificate of who answers there',
}

function failureOf(way: Way): Verdict {
  const { broken, to, shown, nextHost } = way
  if (broken === undefined) throw new TypeError('the way is open')
  const { stage, error } = broken
  const isKnown = error instanceof EgressError
  const by = shown === undefined || isKnown ? '' : ` (a certificate for ${shown.names}, issued by ${shown.issuer})`
  const says = isKnown ? error.message : `${reasonOf(error)}${by}. ${advice[stage]}.`
  return fail(`${to}: ${says}`, mendOf(way, stage, nextHost))
}

function mendOf({ to, proxy }: Way, stage: Stage, nextHost: string): string | undefined {
  if (stage === 'dns') return `getent hosts ${nextHost}`
  const through = proxy === undefined ? '' : ` -proxy ${proxy.at}`
  if (stage === 'tls') return `openssl s_client -connect ${to}${through} -showcerts`
  return undefined
}

function sayDns(ways: readonly Way[]): Verdict {
  const named = ways.filter(({ addresses }) => addresses.length > 0)
  if (named.length === 0) return ok(`${distinct(ways.map(({ nextHost }) => nextHost))} needs no DNS`)
  return ok(distinct(named.map(({ nextHost, addresses }) => `${nextHost} is ${addresses.join(' ')}`)))
}

function sayProxy(ways: readonly Way[]): Verdict {
  const through = ways.filter(({ proxy }) => proxy !== undefined)
  if (through.length === 0) return skip('no proxy is named for it')
  const proxies = distinct(through.map(({ proxy }) => `${proxy?.at} (${proxy?.namedBy})`))
  return ok(`${proxies} goes on to ${distinct(through.map(({ to }) => to))}`)
}

const days = 24 * 60 * 60 * 1000

function sayTls(ways: readonly Way[], now: number): Verdict {
  const shown = ways.flatMap((way) => (way.shown === undefined ? [] : { to: way.to, ...way.shown }))
  if (shown.length === 0) return skip('plain http, which does not leave this host')
  const ending = shown.find(({ endsAt }) => endsAt - now < 7 * days)
  const says = distinct(shown.map(({ to, issuer, endsAt }) => `${to}: issued by ${issuer}, ends ${dateOf(endsAt)}`))
  return ending === undefined ? ok(says) : warn(`${says}; that is within 7 days. Ask who runs it to renew it`)
}

function dateOf(at: number): string {
  return Number.isNaN(at) ? 'some day' : new Date(at).toISOString().slice(0, 10)
}

function distinct(texts: readonly string[]): string {
  return [...new Set(texts)].join(', ')
}
