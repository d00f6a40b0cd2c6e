// What a proxy is shown: the one place where the password for it is opened.

import { openSecret, type Secret } from './secret.ts'

/** The value of `Proxy-Authorization` by the Basic scheme, in UTF-8 (RFC 7617); for the one request, and for no variable that lives longer. */
export function basicAuthorization(username: string, password: Secret): string {
  return `Basic ${Buffer.from(`${username}:${openSecret(password)}`).toString('base64')}`
}
