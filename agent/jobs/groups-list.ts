import type contract from '@sallyport/protocol/jobs/groups-list'
import { listedGroup } from '../jumpcloud/user-group.ts'
import type { ReadHandler } from './handler.ts'

const listGroups: ReadHandler<typeof contract> = async function* ({ params, jumpcloud }) {
  const groups = jumpcloud.list({
    operation: 'list groups',
    path: '/api/v2/usergroups',
    // Names are not unique, and a sort by them gives pages that move (JumpCloud reference 5.5 [D], 7.1).
    sort: 'id',
    row: listedGroup,
    idOf: ({ id }) => id,
  })
  for await (const { id, name, description, email } of groups) {
    // Compared here: JumpCloud's own filter takes wildcards and breaks at a comma (JumpCloud reference 5.3 [S]).
    if (params.name !== undefined && name !== params.name) continue
    yield { id, name, description: description ?? null, email: email ?? null }
  }
}
export default listGroups
