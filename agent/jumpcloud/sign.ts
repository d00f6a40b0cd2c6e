// The one file of the client that opens a secret: it puts it into the headers of one request.

import { openSecret, type Secret } from '../vault/secret.ts'
import type { Pass } from './access.ts'

type Headers = Readonly<Record<string, string>>

/** The headers with the key or token (JumpCloud reference 2.1, 2.2 [S]); for the one request, and for no variable that lives longer. */
export function signed(headers: Headers, { kind, secret }: Pass): Headers {
  const text = openSecret(secret)
  return kind === 'api_key' ? { ...headers, 'x-api-key': text } : { ...headers, authorization: `Bearer ${text}` }
}

/** The headers of a service account that asks for a token, by the Basic scheme (JumpCloud reference 2.2 [J]). */
export function signedByClient(headers: Headers, clientId: string, clientSecret: Secret): Headers {
  const pair = Buffer.from(`${clientId}:${openSecret(clientSecret)}`).toString('base64')
  return { ...headers, authorization: `Basic ${pair}` }
}
