// Owns `/api/organizations` (JumpCloud reference 12.1 [R], 12.2 [S]).

import { notFound, ok, refuse } from '../http/answer.ts'
import { listV1 } from '../http/list.ts'
import type { Route } from '../http/router.ts'

const READ = ['organizations', 'organizations.readonly']

export const organizationRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/organizations',
    scopes: ['commandrunner.legacy', ...READ],
    organization: 'refused',
    handle: (call) =>
      listV1(
        call,
        call.tenants.map(({ organization }) => {
          const { _id, id, displayName, logoUrl, created } = organization
          return { _id, id, displayName, logoUrl, created }
        }),
      ),
  },
  {
    method: 'GET',
    path: '/api/organizations/:id',
    scopes: READ,
    handle: ({ id, tenant, request }) => {
      if (tenant.id === id) return ok(tenant.organization)
      throw request.headers['x-org-id']
        ? refuse(400, { message: 'x-org-id is not the organization of the path' })
        : notFound()
    },
  },
]
