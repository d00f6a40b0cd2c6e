// Who is a direct member of a user group: how to see it, and how to ask for a change (JumpCloud reference 7.2).

import { jumpcloudId } from '@sallyport/protocol/ids'
import { z } from 'zod'
import type { Change, JumpCloudReads } from './port.ts'

export type Membership = { readonly groupId: string; readonly userId: string }

/** A member or a group with every way that leads to it (JumpCloud reference 8 [S]). */
export const withPaths = z.object({
  id: jumpcloudId,
  type: z.string().nullish(),
  paths: z.array(z.array(z.unknown())).nullish(),
})
export type WithPaths = z.infer<typeof withPaths>

/** Direct is what some way of a single step leads to (JumpCloud reference 7.2 [C]). */
export function isDirect({ paths }: WithPaths): boolean {
  return (paths ?? []).some((path) => path.length === 1)
}

/** Direct members come as connections (JumpCloud reference 7.2 [S], [O]). */
const connection = z.object({ to: z.object({ id: jumpcloudId, type: z.string().nullish() }) })

/** The ids of the users who are in the group themselves. */
export async function* directMembers(jumpcloud: JumpCloudReads, groupId: string): AsyncGenerator<string> {
  const members = jumpcloud.list({
    operation: 'list the direct members of the group',
    path: '/api/v2/usergroups/{id}/members',
    ids: { id: groupId },
    row: connection,
    idOf: ({ to }) => to.id,
  })
  for await (const { to } of members) if (isUser(to)) yield to.id
}

/** The graph says what a member is; where it does not, a user group holds users. */
export function isUser({ type }: { readonly type?: string | null | undefined }): boolean {
  return (type ?? 'user') === 'user'
}

/** False for an unknown user too: JumpCloud answers with an empty list, not 404 (JumpCloud reference 7.2 [O]). */
export async function isDirectMember(jumpcloud: JumpCloudReads, { groupId, userId }: Membership): Promise<boolean> {
  const groups = jumpcloud.list({
    operation: "look up the user's groups",
    path: '/api/v2/users/{id}/memberof',
    ids: { id: userId },
    query: { filter: `object_id:eq:${groupId}` },
    sort: 'id',
    row: withPaths,
    idOf: ({ id }) => id,
  })
  // Matched again, because a filter that is not understood may be ignored.
  for await (const group of groups) {
    if (group.id === groupId) return isDirect(group)
  }
  return false
}

export function membershipChange(op: 'add' | 'remove', { groupId, userId }: Membership): Change {
  return {
    operation: op === 'add' ? 'add a member to the group' : 'remove a member from the group',
    path: '/api/v2/usergroups/{id}/members',
    ids: { id: groupId },
    body: { op, type: 'user', id: userId },
  }
}
