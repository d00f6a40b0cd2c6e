import type contract from '@sallyport/protocol/jobs/groups-members-add'
import type { WriteHandler } from './handler.ts'
import { changeMembership } from './membership-change.ts'

const addMembers: WriteHandler<typeof contract> = (context) => changeMembership('add', context)
export default addMembers
