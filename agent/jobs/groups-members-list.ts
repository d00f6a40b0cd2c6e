import type contract from '@sallyport/protocol/jobs/groups-members-list'
import { directMembers, isDirect, isUser, withPaths } from '../jumpcloud/membership.ts'
import type { ReadHandler } from './handler.ts'

const listMembers: ReadHandler<typeof contract> = async function* ({ params, jumpcloud }) {
  if (params.include === 'effective') {
    const path = '/api/v2/usergroups/{id}/membership'
    const listed = {
      operation: 'list all members of the group',
      path,
      ids: { id: params.groupId },
      sort: 'id',
      row: withPaths,
    }
    for await (const member of jumpcloud.list({ ...listed, idOf: ({ id }) => id })) {
      if (isUser(member)) yield { userId: member.id, direct: isDirect(member) }
    }
    return
  }
  for await (const userId of directMembers(jumpcloud, params.groupId)) yield { userId, direct: true }
}
export default listMembers
