// Owns somebody else who works on the directory: a change of a membership that was made is taken back behind its author's back.

import { z } from 'zod'
import type { Mutation } from '../state/recording.ts'
import type { World } from '../state/world.ts'
import { Condition, leverKind } from './lever.ts'

const UndoOptions = Condition.extend({
  /** So long after the change, on the simulator's clock. */
  delayMs: z.number().min(0).default(0),
})

/** The record says of what it did that no request asked for it. */
export const undoChange = leverKind(UndoOptions, ({ pull, world }, { delayMs, ...condition }) =>
  pull({ method: 'POST', ...condition }, async (request, serve) => {
    const answer = await serve(request)
    const made = world.recording.mutations.filter(({ requestId, applied }) => requestId === request.id && applied)
    for (const mutation of made) {
      if (delayMs === 0) undo(world, mutation)
      else world.timers.after(delayMs, () => undo(world, mutation))
    }
    return answer
  }),
)

function undo({ tenants, recording, now }: World, { kind, op, groupId, userId }: Mutation): void {
  const members = tenants.find(({ groups }) => groups.get(groupId ?? '') !== undefined)?.members
  if (kind !== 'member' || groupId === undefined || userId === undefined || members === undefined) return
  const back = op === 'add' ? 'remove' : 'add'
  if (members[back](groupId, userId)) {
    recording.mutated({ at: now(), kind, op: back, applied: true, requestId: null, groupId, userId })
  }
}
