// What a configuration may say of the way to one other end, the control plane or the JumpCloud of a connection: a leg.

import { isAbsolute } from 'node:path'
import { z } from 'zod'
import { secretSourceKeys, sourceNamed } from './secret-source.ts'

const absolutePath = z.string().refine(isAbsolute, 'this must be an absolute path')

const password = z.strictObject(secretSourceKeys).transform(sourceNamed)

const proxyUrl = z.string().transform((text, context) => {
  const url = /^http:\/\/[^/?#@\s]+:\d+\/?$/.test(text) ? URL.parse(text) : null
  // The parser drops the port that belongs to http.
  if (url !== null) return { host: url.hostname, port: Number(url.port || 80) }
  const message = 'this must be http://HOST:PORT; user name and password have keys of their own'
  context.addIssue({ code: 'custom', message })
  return z.NEVER
})

const proxy = z
  .strictObject({
    url: proxyUrl.describe('the proxy, which is asked by HTTP CONNECT'),
    username: z
      .string()
      .regex(/^[^\p{Cc}:]+$/u, 'this must be a name without colons')
      .optional()
      .describe('for Basic authentication at the proxy'),
    password: password.optional().describe('where the password for it comes from'),
    noProxy: z
      .array(z.string().regex(/^[^\s,]+$/, 'this must be a host, a suffix, an address, a CIDR range or *'))
      .default([])
      .describe('what is connected to directly: the forms of the variable NO_PROXY'),
  })
  .refine(({ username, password }) => (username === undefined) === (password === undefined), {
    error: 'name both username and password, or neither',
  })

export const legSettings = {
  ca: absolutePath
    .optional()
    .describe("a PEM file of certificate authorities that are trusted on this way besides Node's own"),
  proxy: z
    .union([
      z.literal('none', { error: 'this must be none, or a mapping of url, username, password and noProxy' }),
      proxy,
    ])
    .optional()
    .describe('a proxy, or `none`; without it HTTPS_PROXY and NO_PROXY of the environment are heeded'),
  privateAddress: z
    .boolean()
    .optional()
    .describe('true lets the name lead to a private or loopback address, as a name inside the own network does'),
}

export type LegSettings = z.output<ReturnType<typeof z.object<typeof legSettings>>>
