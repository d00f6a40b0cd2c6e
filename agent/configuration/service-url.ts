// The form of every URL that a configuration names.

import { z } from 'zod'

const sentence = 'this must be an https URL (http only to this host) without credentials, query or fragment'

/** An origin and perhaps a path, normalised, without a slash at its end; plain http only where it does not leave the host. */
export const serviceUrl = z.string().transform((text, context) => {
  const url = /\s/.test(text) ? null : URL.parse(text)
  const plain = url !== null && !/[?#]/.test(text) && url.username === '' && url.password === ''
  if (plain && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)))) {
    return `${url.origin}${url.pathname}`.replace(/\/+$/, '')
  }
  context.addIssue({ code: 'custom', message: sentence })
  return z.NEVER
})

function isLoopback(hostname: string): boolean {
  // The parser has written every form of an IPv4 address as four decimal numbers by now.
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)
}
