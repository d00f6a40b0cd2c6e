import { jumpcloudId } from '@sallyport/protocol/ids'
import type contract from '@sallyport/protocol/jobs/groups-members-list'
import { z } from 'zod'
import { isDirect, withPaths } from '../jumpcloud/membership.ts'
import type { ReadHandler } from './handler.ts'

/** Direct members come as connections (JumpCloud reference 7.2 [S], [O]). */
const connection = z.object({ to: z.object({ id: jumpcloudId, type: z.string().nullish() }) })

const listMembers: ReadHandler<typeof contract> = async function* ({ params, jumpcloud }) {
  const ids = { id: params.groupId }
  if (params.include === 'effective') {
    const path = '/api/v2/usergroups/{id}/membership'
    const listed = { operation: 'list all members of the group', path, ids, sort: 'id', row: withPaths }
    for await (const member of jumpcloud.list({ ...listed, idOf: ({ id }) => id })) {
      if (isUser(member)) yield { userId: member.id, direct: isDirect(member) }
    }
    return
  }
  const path = '/api/v2/usergroups/{id}/members'
  const listed = { operation: 'list the direct members of the group', path, ids, row: connection }
  for await (const { to } of jumpcloud.list({ ...listed, idOf: (row) => row.to.id })) {
    if (isUser(to)) yield { userId: to.id, direct: true }
  }
}
export default listMembers

/** The graph says what a member is; where it does not, a user group holds users. */
function isUser({ type }: { readonly type?: string | null | undefined }): boolean {
  return (type ?? 'user') === 'user'
}
