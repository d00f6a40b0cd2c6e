// A TCP connection to a host, by whichever of its addresses answers first. Whether a name may lead there, who looks it up says.

import type { LookupAddress } from 'node:dns'
import { connect, isIP, type LookupFunction, type Socket } from 'node:net'
import type { Clock } from '../ports/clock.ts'
import { systemCode } from '../ports/files.ts'

export type Dialling = {
  /** A name, or an address without brackets. */
  readonly hostname: string
  readonly port: number
  /** Not asked for what is written as an address. */
  readonly lookup: LookupFunction
  readonly clock: Pick<Clock, 'after'>
  /** Once for each address of a name. */
  readonly onResolved: (address: string) => void
}

type Dialled = (error: Error | null, tcp: Socket | undefined) => void

/**
 * How long an address has before the next is tried beside it (RFC 8305, 5). Node gives the one before up then, so that a name
 * with an address that is dead could not be reached where the way is longer than that.
 */
export const headStartMs = 250

/** Calls back once, unless what it returns is called before: that gives everything up. */
export function dial(dialling: Dialling, callback: Dialled): () => void {
  const { hostname, port, lookup, clock, onResolved } = dialling
  const trying = new Set<Socket>()
  const failures: Error[] = []
  let waiting: readonly string[] = []
  let isOver = false
  let callOff = () => {}

  const end = () => {
    isOver = true
    callOff()
    for (const tcp of trying) tcp.destroy()
  }
  const settle: Dialled = (...result) => {
    if (isOver) return
    end()
    callback(...result)
  }
  const next = () => {
    callOff()
    const [address, ...others] = waiting
    waiting = others
    if (address !== undefined) attempt(address)
    else if (trying.size === 0) settle(failureOf(failures), undefined)
  }
  const attempt = (host: string) => {
    const tcp = connect({ host, port, noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 })
    trying.add(tcp)
    tcp.once('connect', () => {
      trying.delete(tcp)
      settle(null, tcp)
    })
    tcp.once('error', (error) => {
      trying.delete(tcp)
      failures.push(error)
      if (!isOver) next()
    })
    if (waiting.length > 0) callOff = clock.after(headStartMs, next)
  }
  const begin = (addresses: readonly string[]) => {
    if (isOver) return
    waiting = addresses
    next()
  }

  if (isIP(hostname) !== 0) begin([hostname])
  else
    lookup(hostname, { all: true }, (error, found) => {
      if (error !== null || typeof found === 'string') return settle(error ?? new Error('no addresses'), undefined)
      for (const { address } of found) onResolved(address)
      begin(alternating(found))
    })
  return end
}

/** One of each family in turn, beginning with the one that the system prefers (RFC 8305, 4): mostly it is a family that is dead. */
function alternating(found: readonly LookupAddress[]): readonly string[] {
  const preferred = found.filter(({ family }) => family === found[0]?.family)
  const others = found.filter((one) => !preferred.includes(one))
  const longest = preferred.length > others.length ? preferred : others
  return longest
    .flatMap((_, index) => [preferred[index], others[index]])
    .flatMap((one) => (one === undefined ? [] : [one.address]))
}

/** Some names have hundreds of addresses, and this is a line of a log. */
const namedCount = 4

function failureOf(failures: readonly Error[]): Error {
  const [first] = failures
  if (first !== undefined && failures.length === 1) return first
  const named = failures.slice(0, namedCount).map(({ message }) => message)
  const more = failures.length > namedCount ? [`and ${failures.length - namedCount} more`] : []
  const error = new AggregateError(failures, [...named, ...more].join(', ') || 'it has no address')
  return Object.assign(error, { code: systemCode(first) })
}
