import type { ParamsOf } from '@sallyport/protocol/job-contract'
import type contract from '@sallyport/protocol/jobs/users-list'
import { systemUser, userRowOf } from '../jumpcloud/system-user.ts'
import type { ReadHandler } from './handler.ts'

type Where = NonNullable<ParamsOf<typeof contract>['where']>

/** JumpCloud has the same names for these. */
const searchable = ['state', 'email', 'username', 'department', 'employeeIdentifier'] as const satisfies (keyof Where)[]

const listUsers: ReadHandler<typeof contract> = async function* ({ params: { where = {} }, jumpcloud }) {
  const users = jumpcloud.list({
    operation: 'list users',
    path: '/api/systemusers',
    // A sort by anything that is not unique gives pages that move (JumpCloud reference 5.5 [D]).
    query: { sort: '_id', ...filtersOf(where) },
    row: systemUser,
    idOf: ({ _id }) => _id,
  })
  for await (const user of users) {
    // Compared again, because a filter that is not understood may be ignored.
    if (searchable.every((field) => where[field] === undefined || user[field] === where[field])) yield userRowOf(user)
  }
}
export default listUsers

/** Numbered filters are all to hold (JumpCloud reference 5.3 [S]). What has its own meaning in a filter is compared here alone. */
function filtersOf(where: Where): Record<string, string> {
  const plain = searchable.flatMap((field) => {
    const value = where[field]
    return value !== undefined && /^[\w@.+ -]+$/.test(value) ? [`${field}:$eq:${value}`] : []
  })
  return Object.fromEntries(plain.map((filter, index) => [plain.length === 1 ? 'filter' : `filter[${index}]`, filter]))
}
