// Who may enter, and the rules of x-org-id.

import { UNKNOWN_ID } from '../tenant-facts.ts'
import { type Behaviour, EMPTY, SOURCE } from './behaviour.ts'

const BAD_KEY = { error: 'Unauthorized', message: 'Unauthorized: api key user not found' }

export const authenticationBehaviours: readonly Behaviour[] = [
  {
    id: 'auth.wrong-key',
    given: 'a key that is unknown, or of another region',
    source: SOURCE.probed,
    request: () => ['GET /api/systemusers', { key: 'jca_other' }],
    status: 401,
    body: BAD_KEY,
  },
  {
    id: 'auth.no-key',
    given: 'neither a key nor a token',
    source: SOURCE.probed,
    request: () => ['GET /api/v2/usergroups', { key: null }],
    status: 302,
    body: EMPTY,
    headers: { location: '/login' },
  },
  {
    id: 'auth.before-routing',
    given: 'a wrong key and a path that does not exist',
    source: SOURCE.probed,
    request: () => ['GET /api/v2/nothing', { key: 'jca_other' }],
    status: 401,
    body: BAD_KEY,
  },
  {
    id: 'oauth.bad-client',
    given: 'a wrong client secret at the token endpoint',
    source: SOURCE.staff,
    request: () => [
      'POST /oauth2/token',
      { key: null, headers: { authorization: 'Basic eDp5' }, body: 'grant_type=client_credentials' },
    ],
    status: 401,
  },
  {
    id: 'orgid.malformed',
    given: 'an x-org-id that is not 24 hex digits',
    source: SOURCE.spec,
    request: () => ['GET /api/systemusers', { headers: { 'x-org-id': 'acme' } }],
    status: 400,
  },
  {
    id: 'orgid.mismatch',
    given: "an x-org-id that is not the path's organisation",
    source: SOURCE.spec,
    request: ({ tenant, tenants, keys }) => [
      `GET /api/organizations/${tenants[1]?.id}`,
      { key: keys.multiTenant, headers: { 'x-org-id': tenant.id } },
    ],
    status: 400,
  },
  {
    id: 'orgid.missing-mtp',
    given: 'a key of several organisations and no x-org-id',
    source: SOURCE.spec,
    request: ({ keys }) => ['GET /api/systemusers', { key: keys.multiTenant }],
    status: 401,
  },
  {
    id: 'orgid.unsupported-route',
    given: 'an x-org-id on a route that takes none',
    source: SOURCE.spec,
    request: ({ tenant }) => ['GET /api/organizations', { headers: { 'x-org-id': tenant.id } }],
    status: 403,
  },
  {
    id: 'orgid.unknown',
    given: 'a well-formed x-org-id of no organisation',
    source: SOURCE.spec,
    request: () => ['GET /api/systemusers', { headers: { 'x-org-id': UNKNOWN_ID } }],
    status: 404,
  },
]
