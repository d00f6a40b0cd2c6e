// Which hosts are connected to directly although there is a proxy: the list that NO_PROXY holds.

import { BlockList, isIP, isIPv6 } from 'node:net'

/**
 * `*` is everything; `example.com` that host and all below it; `.example.com` all below it; an address or a CIDR range what is
 * written as an address in it, for names are not resolved; any of them with `:port` that port alone. Brackets of an IPv6
 * address count as none, letter case makes no difference.
 */
export function isExempt(host: string, port: number, list: readonly string[]): boolean {
  const asked = bare(host)
  return list.some((entry) => matches(entry.trim().toLowerCase(), asked, port))
}

function matches(entry: string, host: string, port: number): boolean {
  if (entry === '*') return true
  const [, pattern = entry, onlyPort] = /^(\[[^\]]*\]|[^:]*):(\d+)$/.exec(entry) ?? []
  if (onlyPort !== undefined && Number(onlyPort) !== port) return false
  const wanted = bare(pattern)
  if (wanted === '') return false
  if (isIP(host) !== 0) return isIP(wanted) !== 0 ? inRange(host, wanted, undefined) : inCidr(host, wanted)
  return wanted.startsWith('.') ? host.endsWith(wanted) : host === wanted || host.endsWith(`.${wanted}`)
}

function inCidr(host: string, range: string): boolean {
  const [, net = '', bits] = /^(.*)\/(\d{1,3})$/.exec(range) ?? []
  if (bits === undefined || isIP(net) === 0 || Number(bits) > (isIPv6(net) ? 128 : 32)) return false
  return inRange(host, net, Number(bits))
}

/** An address is written in many ways, so two of them are not compared as texts. */
function inRange(host: string, net: string, bits: number | undefined): boolean {
  const family = (address: string) => (isIPv6(address) ? 'ipv6' : 'ipv4')
  const list = new BlockList()
  if (bits === undefined) list.addAddress(net, family(net))
  else list.addSubnet(net, bits, family(net))
  return list.check(host, family(host))
}

function bare(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]/, '$1')
    .replace(/\.$/, '')
}
