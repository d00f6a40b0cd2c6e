// A user group as JumpCloud sends it: in a list a few members only, in full when asked for one (JumpCloud reference 7.1 [S], [O]).

import { jumpcloudId } from '@sallyport/protocol/ids'
import { z } from 'zod'
import type { JumpCloudReads } from './port.ts'

export const listedGroup = z.object({
  id: jumpcloudId,
  name: z.string(),
  description: z.string().nullish(),
  email: z.string().nullish(),
})

const userGroup = listedGroup.extend({
  membershipMethod: z.string().nullish(),
  memberQueryExemptions: z.array(z.object({ id: jumpcloudId })).nullish(),
  memberQueryErrorFlags: z.array(z.string()).nullish(),
})
export type UserGroup = z.infer<typeof userGroup>

/** Throws `not_found` where there is none. */
export function getUserGroup(jumpcloud: JumpCloudReads, groupId: string): Promise<UserGroup> {
  return jumpcloud.get({
    operation: 'get the group',
    path: '/api/v2/usergroups/{id}',
    ids: { id: groupId },
    shape: userGroup,
  })
}

/**
 * True where a rule decides who is a member, so that an added member does not stay (JumpCloud reference 7.2 [O]). A
 * method that is not known yet counts as dynamic if it says so.
 */
export function isDynamic({ membershipMethod }: UserGroup): boolean {
  return membershipMethod?.startsWith('DYNAMIC') ?? false
}

/** The users whom the rule leaves alone. */
export function exemptUserIds({ memberQueryExemptions }: UserGroup): readonly string[] {
  return (memberQueryExemptions ?? []).map(({ id }) => id)
}
