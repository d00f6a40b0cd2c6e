// Goes the way to the hosts of one leg, by the connector that the agent itself would use, and keeps how far each came.

import { isIP } from 'node:net'
import type { LegSettings } from '../configuration/leg-settings.ts'
import type { ConnectStep, ShownCertificate } from '../egress/connect-step.ts'
import type { Connector } from '../egress/connector.ts'
import type { LegName, PermittedDestination } from '../egress/destinations.ts'
import { unbracketed } from '../egress/leg.ts'
import { type EgressHost, openLeg } from '../egress/open-egress.ts'

export type Stage = 'dns' | 'tcp' | 'proxy' | 'tls'

/** How far it was to one host. */
export type Way = {
  /** Host and port of the far end. */
  readonly to: string
  /** Host and port of the proxy, and what names it. */
  readonly proxy: { readonly at: string; readonly namedBy: string } | undefined
  /** What TCP goes to. */
  readonly nextHost: string
  readonly isSecure: boolean
  readonly addresses: readonly string[]
  readonly shown: ShownCertificate | undefined
  /** Where it ended; undefined where it was open to the end. */
  readonly broken: { readonly stage: Stage; readonly error: Error } | undefined
}

export type LegWays = {
  readonly connector: Connector
  /** One after the other, up to the first that is closed. Rejects with the reason of the signal alone. */
  walk(signal: AbortSignal): Promise<readonly Way[]>
}

export type LegWaysOptions = {
  readonly name: LegName
  readonly settings: LegSettings
  readonly destinations: readonly PermittedDestination[]
  readonly urls: readonly string[]
}

const seconds = 1000
/** Who takes longer than that to be connected to is not usable, whatever the agent would wait. */
const connectTimeoutMs = 4 * seconds

/** Rejects as `openLeg` does. */
export async function openLegWays({ urls, ...opening }: LegWaysOptions, host: EgressHost): Promise<LegWays> {
  let steps: ConnectStep[] = []
  const onStep = (step: ConnectStep) => void steps.push(step)
  const connector = await openLeg({ ...opening, connectTimeoutMs, onStep }, host)
  const walkOne = async (url: URL, signal: AbortSignal): Promise<Way> => {
    steps = []
    const error = await connectOnce(connector, url, signal)
    signal.throwIfAborted()
    return wayOf({ url, error, steps, opening })
  }
  return {
    connector,
    walk: async (signal) => {
      const ways: Way[] = []
      for (const url of distinct(urls)) {
        ways.push(await walkOne(url, signal))
        if (ways.at(-1)?.broken !== undefined) break
      }
      return ways
    },
  }
}

function connectOnce(connector: Connector, url: URL, signal: AbortSignal): Promise<Error | undefined> {
  const { promise, resolve } = Promise.withResolvers<Error | undefined>()
  const { protocol, hostname, port } = url
  connector({ protocol, hostname, port, signal }, (...[error, socket]) => {
    socket?.destroy()
    resolve(error ?? undefined)
  })
  return promise
}

type Walked = {
  readonly url: URL
  readonly error: Error | undefined
  readonly steps: readonly ConnectStep[]
  readonly opening: Omit<LegWaysOptions, 'urls'>
}

function wayOf({ url, error, steps, opening: { name, destinations } }: Walked): Way {
  const port = Number(url.port || (url.protocol === 'https:' ? 443 : 80))
  const found = destinations.find((one) => one.leg === name && one.host === url.hostname && one.port === port)
  const by = found?.by
  const nextHost = unbracketed(by?.host ?? url.hostname)
  const addresses = steps.flatMap((step) => (step.at === 'resolved' ? step.address : []))
  const has = (at: ConnectStep['at']) => steps.some((step) => step.at === at)
  const stage = has('connected') ? (by === undefined || has('tunnelled') ? 'tls' : 'proxy') : 'tcp'
  const isUnresolved = stage === 'tcp' && isIP(nextHost) === 0 && addresses.length === 0
  return {
    to: `${url.hostname}:${port}`,
    proxy: by && { at: `${by.host}:${by.port}`, namedBy: by.namedBy },
    ...{ nextHost, isSecure: url.protocol === 'https:', addresses },
    shown: steps.find((step) => step.at === 'shown'),
    broken: error && { stage: isUnresolved ? 'dns' : stage, error },
  }
}

function distinct(urls: readonly string[]): readonly URL[] {
  return [...new Set(urls.map((url) => new URL(url).origin))].map((origin) => new URL(origin))
}
