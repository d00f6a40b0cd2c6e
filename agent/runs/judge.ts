// Puts one run before the policy: at the gate, when its turn has come, and once more when what the policy has to know of
// JumpCloud is known. What is not allowed is thrown.

import { SallyportError } from '@sallyport/protocol'
import type { JumpCloudReads } from '../jumpcloud/port.ts'
import type { Decision } from '../policy/decide.ts'
import { touchedBy } from '../policy/decide-write.ts'
import { learnFacts } from '../policy/facts.ts'
import type { AskedRun, PolicyInForce } from '../policy/policy-in-force.ts'
import type { Order } from './batch.ts'
import type { Admission } from './gate.ts'

/** What of an order the policy is told. */
export type AskedOrder = Pick<Order, 'run' | 'text' | 'digest' | 'approval'>

/** What may be done of it, which may be less than what was asked for. Throws `policy_denied`. */
export function judge(admission: Admission, order: AskedOrder, policy: Pick<PolicyInForce, 'decide'>): Admission {
  return admitted(admission, policy.decide(askedOf(admission, order)))
}

export type Permission = {
  readonly order: AskedOrder
  /** Of this try. */
  readonly place: string
  readonly policy: Pick<PolicyInForce, 'decide' | 'decideAndCount'>
  readonly jumpcloud: JumpCloudReads
}

/**
 * The last word on a write, before anything of it is sent: it is counted, and judged by what JumpCloud says of what it would
 * change. Rejects with `policy_denied`, `journal_unavailable` or the error of JumpCloud.
 */
export async function permit(
  admission: Admission,
  { order, place, policy, jumpcloud }: Permission,
): Promise<Admission> {
  const asked = { ...askedOf(admission, order), place }
  const decision = await policy.decideAndCount(asked)
  const permitted = admitted(admission, decision)
  if (!decision.allowed || decision.needs.length === 0) return permitted
  const facts = await learnFacts(jumpcloud, decision.needs, touchedBy(asked))
  return admitted(permitted, policy.decide(asked, facts))
}

function askedOf({ job, effect, contract, connection, params }: Admission, order: AskedOrder): AskedRun {
  const { digest, approval } = order
  return { run: order.run.id, digest, approval, job, effect, changes: contract.changes, connection, params }
}

function admitted(admission: Admission, decision: Decision): Admission {
  if (!decision.allowed) throw new SallyportError('policy_denied', decision.message, { rule: decision.rule })
  const { isDry, rule } = decision
  return { ...(isDry ? dry(admission, rule) : admission), rule }
}

/** The same run as a dry one; a job that cannot is refused. */
function dry(admission: Admission, rule: string): Admission {
  const { contract, params } = admission
  const parsed = contract.params.safeParse({ ...(typeof params === 'object' ? params : {}), dryRun: true })
  if (parsed.success) return { ...admission, params: parsed.data }
  const message = `${contract.name} cannot look without changing, and the policy lets writes look alone`
  throw new SallyportError('policy_denied', message, { rule })
}
