// What a credential can do, family by family, and what that means: for the table that people read, and for what is more than
// the policy needs.

import { type Capability, isJobName, jobs, SallyportError } from '@sallyport/protocol'
import type { Family } from '../jumpcloud/families.ts'
import type { JumpCloudLane } from '../jumpcloud/port.ts'

/** What JumpCloud says no with: 401, 402 and 403. */
const refusals: ReadonlySet<string> = new Set(['credential_rejected', 'plan_missing', 'jumpcloud_forbidden'])

/** Asks one after the other. Rejects only with what is no error of ours, such as the reason of a signal. */
export async function probeFamilies(
  families: readonly Family[],
  jumpcloud: JumpCloudLane,
  now: () => number,
): Promise<readonly Capability[]> {
  const found: Capability[] = []
  for (const { name: family, probe, scope } of families) {
    if (probe === undefined) found.push({ family, state: 'unproven', scope })
    else found.push({ family, ...(await answerTo(probe(jumpcloud, now()), scope)) })
  }
  return found
}

async function answerTo(probing: Promise<unknown>, scope: string): Promise<Omit<Capability, 'family'>> {
  try {
    await probing
    return { state: 'yes' }
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error
    const { code } = error
    const lack = code === 'jumpcloud_forbidden' ? { scope } : {}
    return { state: refusals.has(code) ? 'no' : 'unknown', code, ...lack }
  }
}

/** True where JumpCloud refused the credential whatever it was asked for. */
export function isRefusedThroughout(capabilities: readonly Capability[]): boolean {
  const asked = capabilities.filter(({ state }) => state !== 'unproven')
  return asked.length > 0 && asked.every(({ code }) => code === 'credential_rejected')
}

/** For people: what is missing, or why it is not known. */
export function whyOf({ state, code, scope }: Capability): string {
  if (state === 'yes') return ''
  if (state === 'unproven') return `it changes something, which is never tried; it needs the scope ${scope}`
  if (state === 'unknown') return `JumpCloud did not say (${code}); ask again`
  if (code === 'plan_missing') return "402: the organisation's JumpCloud plan does not include it"
  if (code === 'jumpcloud_forbidden') return `403: the role behind the credential lacks the scope ${scope}`
  return '401: JumpCloud does not take the credential here'
}

/** Which of these jobs call the family. */
export function jobsOfFamily({ calls }: Pick<Family, 'calls'>, among: readonly string[]): readonly string[] {
  return among.filter((job) => isJobName(job) && jobs[job].calls.some((call) => calls.includes(call)))
}

/** The agent asks for these by itself: whose the credential is, and, before a change, what the policy goes by. */
const ofAgent: ReadonlySet<string> = new Set(['organizations'])
const ofPolicy: ReadonlySet<string> = new Set(['usergroups', 'usergroups.members', 'systemusers'])

/** The families that the credential can read although none of the allowed jobs needs them, nor what comes with the same scope. */
export function excessOf(
  capabilities: readonly Capability[],
  families: readonly Family[],
  allowed: readonly string[],
): readonly string[] {
  const mayWrite = allowed.some(isWrite)
  const isNeeded = (family: Family) =>
    ofAgent.has(family.name) || (mayWrite && ofPolicy.has(family.name)) || jobsOfFamily(family, allowed).length > 0
  const scopes = new Set(families.filter(isNeeded).map(({ scope }) => scope))
  const readable = new Set(capabilities.filter(({ state }) => state === 'yes').map(({ family }) => family))
  return families.filter(({ name, scope }) => readable.has(name) && !scopes.has(scope)).map(({ name }) => name)
}

export function isWrite(job: string): boolean {
  return isJobName(job) && jobs[job].effect === 'write'
}
