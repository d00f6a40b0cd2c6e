// Owns what follows from a write for dynamic groups: their rules are applied, recorded and seen as events.

import { type Call, mutated } from '../http/call.ts'
import { emitMembership } from './emit.ts'

export function applyRules(call: Call): void {
  for (const { op, groupId, userId } of call.tenant.applyMemberQueries()) {
    mutated(call, { kind: 'member', op, applied: true, groupId, userId })
    const group = call.tenant.groups.get(groupId)
    if (group !== undefined) emitMembership(call, op, group, userId)
  }
}
