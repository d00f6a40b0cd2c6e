import type contract from '@sallyport/protocol/jobs/groups-get'
import { exemptUserIds, getUserGroup, isDynamic } from '../jumpcloud/user-group.ts'
import type { ReadHandler } from './handler.ts'

const getGroup: ReadHandler<typeof contract> = async function* ({ params, jumpcloud }) {
  const group = await getUserGroup(jumpcloud, params.groupId)
  yield {
    id: group.id,
    name: group.name,
    description: group.description ?? null,
    email: group.email ?? null,
    membershipMethod: group.membershipMethod ?? null,
    dynamic: isDynamic(group),
    exemptUserIds: [...exemptUserIds(group)],
    warnings: group.memberQueryErrorFlags ?? [],
  }
}
export default getGroup
