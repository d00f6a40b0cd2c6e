import type contract from '@sallyport/protocol/jobs/groups-members-remove'
import type { WriteHandler } from './handler.ts'
import { changeMembership } from './membership-change.ts'

const removeMembers: WriteHandler<typeof contract> = (context) => changeMembership('remove', context)
export default removeMembers
