// Owns `/oauth2/token`: a service account's id and secret for a bearer token (JumpCloud reference 2.2 [J]).
// It is asked before anybody is authenticated, so it is no route like the others.

import { type Answer, ok, refuse } from '../http/answer.ts'
import { basicCredential } from '../http/authenticate.ts'
import type { ReceivedRequest } from '../http/receive.ts'
import type { World } from '../state/world.ts'

export const TOKEN_PATH = '/oauth2/token'

export function grantToken(world: World, request: ReceivedRequest): Answer {
  const account = world.keyRing.serviceAccount(...basicCredential(request))
  if (account === undefined || world.now() >= account.expiresAt) throw refuse(401, { error: 'invalid_client' })
  const form = new URLSearchParams(request.body)
  if (form.get('grant_type') !== 'client_credentials') throw refuse(400, { error: 'unsupported_grant_type' })
  return ok({
    access_token: world.keyRing.token(account, world.now()),
    expires_in: 3599,
    scope: form.get('scope') ?? 'api',
    token_type: 'bearer',
  })
}
