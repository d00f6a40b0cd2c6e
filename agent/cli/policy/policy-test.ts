// The command `policy test`: explains a decision. It runs nothing, and asks nobody but the files of this host.

import { SallyportError } from '@sallyport/protocol'
import type { PolicyCaps } from '../../policy/caps.ts'
import type { Ask, Decision } from '../../policy/decide.ts'
import type { KeptPins } from '../../policy/pin-file.ts'
import type { Pin } from '../../policy/pins.ts'
import { systemClock } from '../../ports/clock.ts'
import { createGate } from '../../runs/gate.ts'
import type { Host } from '../host.ts'
import type { PathFlags } from '../paths.ts'
import { readSettings } from '../read-settings.ts'

export type PolicyTestFlags = PathFlags & { readonly connection?: string; readonly json?: true }

/**
 * What is left to JumpCloud and to the changes of the last hour is said, and counts as allowed. Throws `policy_denied`, and
 * what the gate throws for a run that it does not let in.
 */
export async function policyTest(
  { job, params: text }: { readonly job: string; readonly params: string },
  { connection, json, ...flags }: PolicyTestFlags,
  host: Host,
): Promise<void> {
  const { configuration, policy, policyHome } = await readSettings(flags, host)
  const kept = await policyHome.pinFile.read()
  const names = new Set(Object.keys(configuration.connections))
  const asked = connection ?? onlyOne(names)
  const known = { now: systemClock.now(), isPanic: policyHome.panic.isOn(), pins: pinsOf(kept, asked) }
  let decision: Decision | undefined
  let uncounted: readonly string[] = []
  const decide = (ask: Ask) => {
    decision = policy.decide(ask, known)
    uncounted = uncountedCaps(ask, decision, policy.rulesOf(asked)?.caps)
    return decision
  }
  const gate = createGate({ policy: { decide }, connections: names })
  const run = { id: 'policy-test', job, connection: asked, params: parsed(text), requester: 'policy test' }
  try {
    await gate({ run, text: JSON.stringify(run), digest: '' })
  } finally {
    if (decision !== undefined) {
      host.print(json ? JSON.stringify({ ...decision, uncounted }) : sentenceOf(decision, uncounted))
    }
  }
}

/** What was changed within the last hour only the agent knows that counted it: caps that go by it are taken as unused. */
function uncountedCaps({ changes }: Ask, { allowed }: Decision, caps: PolicyCaps = {}): readonly string[] {
  if (!allowed || changes?.members === undefined) return []
  const ofHours = changes.members === 'add' ? ['addsPerHour'] : ['removesPerHour', 'removeShare']
  return ofHours.filter((name) => Object.hasOwn(caps, name))
}

function sentenceOf(decision: Decision, uncounted: readonly string[]): string {
  if (!decision.allowed) return `refused by ${decision.rule}`
  const dry = decision.isDry ? ', as a dry run' : ''
  const needs = decision.needs.length === 0 ? '' : `; what JumpCloud says decides too: ${decision.needs.join(', ')}`
  const caps = uncounted.map((name) => `caps.${name}`).join(', ')
  const hour = caps === '' ? '' : `; changes of the last hour are not counted here, and decide too: ${caps}`
  return `allowed by ${decision.rule}${dry}${needs}${hour}`
}

function onlyOne(names: ReadonlySet<string>): string {
  const [name, another] = names
  if (name !== undefined && another === undefined) return name
  const message = `test the policy: name a connection with --connection, one of ${[...names].join(', ')}`
  throw new SallyportError('connection_unknown', message)
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    const message = 'test the policy: the params are no JSON; write them in single quotes, such as \'{"groupId":"…"}\''
    throw new SallyportError('params_invalid', message, { cause })
  }
}

function pinsOf({ connections }: KeptPins, connection: string): ReadonlyMap<string, Pin> {
  const kept = Object.entries(connections[connection]?.groups ?? {})
  return new Map(kept.map(([name, id]) => [name, { state: 'pinned', id }]))
}
