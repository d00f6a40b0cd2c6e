// The one file of the client that opens the secret: it puts it into the headers of one request to JumpCloud.

import { openSecret, type Secret } from '../vault/secret.ts'

/** The headers with the API key (JumpCloud reference 2.1 [S]); for the one request, and for no variable that lives longer. */
export function signed(headers: Readonly<Record<string, string>>, secret: Secret): Readonly<Record<string, string>> {
  return { ...headers, 'x-api-key': openSecret(secret) }
}
