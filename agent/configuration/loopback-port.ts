// A port that only this host can reach, as a configuration names it.

import { BlockList, isIP } from 'node:net'
import { z } from 'zod'

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8, 'ipv4')
loopback.addAddress('::1', 'ipv6')

const form = /^(?:\[([0-9a-f:]+)\]|([0-9.]+)):(\d{1,5})$/i

/** `127.0.0.1:9464` or `[::1]:9464`. */
export const loopbackPort = z.string().transform((text, context) => {
  const [, six, four, digits] = form.exec(text) ?? []
  const host = six ?? four ?? ''
  const port = Number(digits)
  const family = isIP(host)
  if (family !== 0 && port > 0 && port < 65_536 && loopback.check(host, family === 6 ? 'ipv6' : 'ipv4')) {
    return { host, port }
  }
  const message = 'this must be an address of this host alone and a port, as in 127.0.0.1:9464'
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})
