// The families of endpoints that the jobs of this agent call, and how each is asked whether a credential may: by the smallest
// read there is. What changes something is never asked.

import { jumpcloudId } from '@sallyport/protocol/ids'
import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { z } from 'zod'
import { CallError } from './call-error.ts'
import type { JumpCloudLane } from './port.ts'

export type Family = {
  readonly name: string
  /** As the contracts of jobs name them. */
  readonly calls: readonly string[]
  /** What a role has to have for it (JumpCloud reference 2.3 [S]). */
  readonly scope: string
  /** Resolves where JumpCloud answers. Left out where the family changes something. */
  readonly probe?: (jumpcloud: JumpCloudLane, now: number) => Promise<unknown>
}

const operation = 'see what the credential may read'
const one = { limit: 1 }

export const families: readonly Family[] = [
  {
    name: 'organizations',
    calls: ['GET /api/organizations'],
    scope: 'organizations.readonly',
    probe: ({ ask }) => ask({ operation, path: '/api/organizations', query: one }),
  },
  {
    name: 'systemusers',
    calls: ['GET /api/systemusers', 'GET /api/systemusers/{id}'],
    scope: 'users.readonly',
    probe: ({ ask }) => ask({ operation, path: '/api/systemusers', query: one }),
  },
  {
    name: 'usergroups',
    calls: ['GET /api/v2/usergroups', 'GET /api/v2/usergroups/{id}', 'GET /api/v2/users/{id}/memberof'],
    scope: 'groups.readonly',
    probe: firstGroup,
  },
  {
    name: 'usergroups.members',
    calls: ['GET /api/v2/usergroups/{id}/members', 'GET /api/v2/usergroups/{id}/membership'],
    scope: 'users.readonly',
    probe: async (jumpcloud) => {
      const id = await someGroupId(jumpcloud)
      await jumpcloud.ask({ operation, path: '/api/v2/usergroups/{id}/members', ids: { id }, query: one })
    },
  },
  {
    name: 'usergroups.members.change',
    calls: ['POST /api/v2/usergroups/{id}/members'],
    scope: 'groups',
  },
  {
    name: 'insights',
    calls: ['POST /insights/directory/v1/events'],
    scope: 'directoryinsights.readonly',
    probe: ({ ask }, now) =>
      ask({
        ...{ operation, host: 'api', method: 'POST', path: '/insights/directory/v1/events' },
        body: { service: ['all'], start_time: instant(now - 60_000), end_time: instant(now), limit: 1 },
      }),
  },
]

const groups = z.array(z.object({ id: jumpcloudId }))

function firstGroup({ get }: JumpCloudLane): Promise<z.infer<typeof groups>> {
  return get({ operation, path: '/api/v2/usergroups', query: one, shape: groups })
}

/** Members are asked for by the id of a group, and where none can be listed nothing is known of them. */
async function someGroupId(jumpcloud: JumpCloudLane): Promise<string> {
  const found = await firstGroup(jumpcloud).catch((error: unknown) => {
    if (error instanceof CallError && error.code === 'jumpcloud_forbidden') return []
    throw error
  })
  const id = found[0]?.id
  if (id !== undefined) return id
  throw new SallyportError('not_found', `${operation}: the credential sees no group to look into`)
}

function instant(at: number): string {
  return new Date(at).toISOString()
}
