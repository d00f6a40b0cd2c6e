import type contract from '@sallyport/protocol/jobs/users-get'
import { getSystemUser, userRowOf } from '../jumpcloud/system-user.ts'
import type { ReadHandler } from './handler.ts'

const getUser: ReadHandler<typeof contract> = async function* ({ params, jumpcloud }) {
  yield userRowOf(await getSystemUser(jumpcloud, params.userId))
}
export default getUser
