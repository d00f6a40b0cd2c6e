// Owns `/api/users`, which are the administrators (JumpCloud reference 11.1 [C]). It takes no `x-org-id`.

import { notFound, ok } from '../http/answer.ts'
import { listV1 } from '../http/list.ts'
import type { Route } from '../http/router.ts'

const scopes = ['administrators', 'administrators.readonly']

export const administratorRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/api/users',
    scopes,
    organization: 'refused',
    handle: (call) =>
      listV1(
        call,
        call.tenants.flatMap(({ administrators }) => administrators.all),
      ),
  },
  {
    method: 'GET',
    path: '/api/users/:id',
    scopes,
    organization: 'refused',
    handle: ({ tenants, id }) => {
      const found = tenants.map(({ administrators }) => administrators.get(id)).find((row) => row !== undefined)
      if (found === undefined) throw notFound()
      return ok(found)
    },
  },
]
