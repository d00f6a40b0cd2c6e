// What the rules of one connection say to a write whose job is allowed: rule after rule, and the first that says no is the
// answer. Rules are named without the place of their connection.

import { whyNotApproved } from './approval.ts'
import { overHourCap, overRunCap, overShare } from './caps.ts'
import { type ConnectionRules, isId } from './connection-rules.ts'
import type { Ask, Decision, Known } from './decide.ts'
import type { Need, Touched } from './facts.ts'
import { fitsPattern } from './name-pattern.ts'
import { pinSentence } from './pins.ts'
import { touchedIds } from './touched-ids.ts'
import { isOpen, windowText } from './windows.ts'

type Refusal = { readonly rule: string; readonly message: string }

type AskedWrite = {
  readonly rules: ConnectionRules
  readonly replicas: number
  readonly ask: Ask
  readonly known: Known
}

type Write = AskedWrite & {
  readonly groups: readonly string[]
  /** Undefined where they cannot be told. */
  readonly users: readonly string[] | undefined
}

const judges: readonly ((write: Write) => Refusal | undefined)[] = [
  outsideGroups,
  protectedGroups,
  protectedUsers,
  closedWindows,
  exceededCaps,
  unapproved,
]

export function decideWrite(asked: AskedWrite): Decision {
  const { rules, ask, known } = asked
  const groups = touchedIds(ask.changes?.groups, ask.params)
  if (groups === undefined) {
    const message = `it cannot be told from the params which groups ${ask.job} would change`
    return { allowed: false, rule: 'groups.allow', message }
  }
  const write: Write = { ...asked, groups, users: touchedIds(ask.changes?.users, ask.params) }
  for (const judge of judges) {
    const refusal = judge(write)
    if (refusal !== undefined) return { allowed: false, ...refusal }
  }
  const needs = known.facts === undefined ? needsOf(rules, ask) : []
  const isDry = rules.dryRun ?? false
  return { allowed: true, rule: isDry ? 'dryRun' : 'groups.allow', isDry, needs }
}

/** What `needs` are of. */
export function touchedBy({ changes, params }: Ask): Touched {
  return { groups: touchedIds(changes?.groups, params) ?? [], users: touchedIds(changes?.users, params) ?? [] }
}

/** An id protects by itself; a name or a pattern protects whoever is called so when the change is made. */
function needsOf({ groups, users, caps }: ConnectionRules, { changes }: Ask): readonly Need[] {
  const isNamed = (entries: readonly string[] | undefined) => entries?.some((entry) => !isId(entry)) ?? false
  return [
    ...(isNamed(groups?.protect) ? ['group names' as const] : []),
    ...(isNamed(users?.protect) ? ['user names' as const] : []),
    ...(caps?.removeShare !== undefined && changes?.members === 'remove' ? ['group sizes' as const] : []),
  ]
}

function outsideGroups({ rules, ask: { job, connection }, known, groups }: Write): Refusal | undefined {
  const entries = rules.groups?.allow ?? []
  const pins = entries.filter((entry) => !isId(entry)).map((name) => [name, known.pins?.get(name)] as const)
  const pinned = pins.flatMap(([, pin]) => (pin?.state === 'pinned' ? [pin.id] : []))
  const outside = groups.filter((group) => !(isId(group) && entries.includes(group)) && !pinned.includes(group))
  if (outside.length === 0) return undefined
  const broken = pins
    .filter(([, pin]) => pin?.state !== 'pinned')
    .map(([name, pin]) => `; the name ${name} ${pin === undefined ? 'was not looked up yet' : pinSentence(pin)}`)
  const message = `${job} may not change group ${outside.join(', ')} on ${connection}; the customer can add the id${broken.join('')}`
  return { rule: 'groups.allow', message }
}

function protectedGroups({ rules, ask: { job }, known, groups }: Write): Refusal | undefined {
  const namesOf = (id: string) => [known.facts?.groupNames.get(id) ?? []].flat()
  const found = groups.find((id) => isProtected(id, namesOf(id), rules.groups?.protect))
  if (found === undefined) return undefined
  return { rule: 'groups.protect', message: `${job} may not change group ${found}: the policy protects it` }
}

function protectedUsers({ rules, ask: { job }, known, users }: Write): Refusal | undefined {
  const entries = rules.users?.protect ?? []
  if (entries.length === 0) return undefined
  const rule = 'users.protect'
  if (users === undefined) return { rule, message: `it cannot be told from the params whom ${job} would change` }
  const found = users.find((id) => isProtected(id, known.facts?.userNames.get(id) ?? [], entries))
  if (found === undefined) return undefined
  return { rule, message: `${job} may not add or remove user ${found}: the policy protects them` }
}

function isProtected(id: string, names: readonly string[], entries: readonly string[] = []): boolean {
  return entries.some((entry) => (isId(entry) ? entry === id : names.some((name) => fitsPattern(entry, name))))
}

function closedWindows({ rules: { windows }, ask: { job, connection }, known }: Write): Refusal | undefined {
  if (windows === undefined || windows.some((window) => isOpen(window, known.now))) return undefined
  const times = windows.map(windowText).join('; ')
  return { rule: 'windows', message: `${job} may run on ${connection} only within its windows: ${times}` }
}

function exceededCaps({
  rules: { caps },
  replicas,
  ask: { job, changes },
  known,
  groups,
  users,
}: Write): Refusal | undefined {
  if (caps === undefined) return undefined
  if (users === undefined || changes?.members === undefined) {
    return { rule: 'caps', message: `it cannot be told from the params how much ${job} would change` }
  }
  const change = { members: changes.members, count: users.length, groups }
  const { now, counted = [], facts } = known
  const tally = { now, counted, replicas }
  return (
    overRunCap(caps, change) ??
    overHourCap(caps, change, tally) ??
    (facts === undefined ? undefined : overShare(caps, change, { ...tally, sizes: facts.groupSizes }))
  )
}

function unapproved({ rules, ask, known }: Write): Refusal | undefined {
  if (rules.approvalKey === undefined) return undefined
  const { run = '', digest = '', approval, job } = ask
  const why = whyNotApproved(rules.approvalKey, { agent: known.agent ?? '', run, digest, approval }, known.now)
  if (why === undefined) return undefined
  return { rule: 'approvalKey', message: `${job} has to be approved by the customer, and ${why}` }
}

/** True where it has to be counted what writes change. */
export function isCounted({ caps }: ConnectionRules): boolean {
  return [caps?.addsPerHour, caps?.removesPerHour, caps?.removeShare].some((cap) => cap !== undefined)
}
