// Puts one run before the policy: at the gate, when its turn has come, and once more when what the policy has to know of
// JumpCloud is known. What is not allowed is thrown.

import { SallyportError } from '@sallyport/protocol'
import type { JumpCloudReads } from '../jumpcloud/port.ts'
import type { Ask, Known } from '../policy/decide.ts'
import { touchedBy } from '../policy/decide-write.ts'
import { learnFacts } from '../policy/facts.ts'
import type { Policy } from '../policy/policy.ts'
import type { Clock } from '../ports/clock.ts'
import type { Admission } from './gate.ts'

/** What may be done of it, which may be less than what was asked for. Throws `policy_denied`. */
export function judge(admission: Admission, { policy, known }: { policy: Policy; known: Known }): Admission {
  const decision = policy.decide(askOf(admission), known)
  if (!decision.allowed) throw new SallyportError('policy_denied', decision.message, { rule: decision.rule })
  const { needs, isDry, rule } = decision
  return { ...(isDry ? dry(admission, rule) : admission), needs, rule }
}

/** Judges a write by what JumpCloud says of what it would change. Rejects with `policy_denied`, or the error of JumpCloud. */
export async function judgeByFacts(
  admission: Admission,
  { policy, jumpcloud, clock }: { policy: Policy; jumpcloud: JumpCloudReads; clock: Clock },
): Promise<Admission> {
  const { needs = [] } = admission
  if (needs.length === 0) return admission
  const facts = await learnFacts(jumpcloud, needs, touchedBy(askOf(admission)))
  return judge(admission, { policy, known: { now: clock.now(), facts } })
}

function askOf({ job, effect, contract, connection, params }: Admission): Ask {
  return { job, effect, changes: contract.changes, connection, params }
}

/** The same run as a dry one; a job that cannot is refused. */
function dry(admission: Admission, rule: string): Admission {
  const { contract, params } = admission
  const parsed = contract.params.safeParse({ ...(typeof params === 'object' ? params : {}), dryRun: true })
  if (parsed.success) return { ...admission, params: parsed.data }
  const message = `${contract.name} cannot look without changing, and the policy lets writes look alone`
  throw new SallyportError('policy_denied', message, { rule })
}
