// What a policy means, written a second time and as plainly as can be, for the tests to compare with. It shares no code with the
// agent, knows UTC alone, and names nothing but yes and no.

export type ModelWindow = {
  readonly days: readonly string[]
  readonly from: string
  readonly to: string
  readonly timeZone: 'UTC'
}

export type ModelRules = {
  readonly allow: readonly string[]
  readonly groups: { readonly allow: readonly string[]; readonly protect: readonly string[] }
  readonly users: { readonly protect: readonly string[] }
  readonly caps: {
    readonly addsPerRun: number
    readonly addsPerHour: number
    readonly removesPerRun: number
    readonly removesPerHour: number
    readonly removeShare: number
  }
  readonly windows: readonly ModelWindow[]
  readonly fields: { readonly drop: readonly string[]; readonly hash: readonly string[] }
}

export type ModelWorld = {
  readonly isPanic: boolean
  readonly now: number
  /** Ids by name, where the name is pinned and in order. */
  readonly pinned: Readonly<Record<string, string>>
  readonly groupNames: Readonly<Record<string, string>>
  readonly userNames: Readonly<Record<string, string>>
  readonly groupSizes: Readonly<Record<string, number>>
  readonly counted: readonly {
    readonly members: 'add' | 'remove'
    readonly group: string
    readonly at: number
    readonly count: number
    /** Its run had not ended when the one that is decided was counted. */
    readonly isUnderWay: boolean
  }[]
}

export type ModelAsk = {
  readonly job: string
  readonly effect: 'read' | 'write'
  readonly members: 'add' | 'remove'
  readonly groupId: string
  readonly userIds: readonly string[]
  readonly filters: readonly string[]
}

const hourMs = 3_600_000
const dayNames = ['thu', 'fri', 'sat', 'sun', 'mon', 'tue', 'wed']

export function isAllowed(rules: ModelRules | undefined, replicas: number, ask: ModelAsk, world: ModelWorld): boolean {
  if (world.isPanic || rules === undefined || !rules.allow.includes(ask.job)) return false
  if (ask.effect === 'read')
    return !ask.filters.some((name) => [...rules.fields.drop, ...rules.fields.hash].includes(name))
  const { groupId, userIds, members } = ask
  const { groups, users, caps, windows } = rules
  const isNamed = groups.allow.some((entry) => entry === groupId || world.pinned[entry] === groupId)
  const isCovered = (entry: string, id: string, name: string | undefined) =>
    entry === id || (name !== undefined && likeText(entry, name))
  if (!isNamed || groups.protect.some((entry) => isCovered(entry, groupId, world.groupNames[groupId]))) return false
  if (userIds.some((id) => users.protect.some((entry) => isCovered(entry, id, world.userNames[id])))) return false
  if (!windows.some((window) => isWithin(window, world.now))) return false
  if (userIds.length > (members === 'add' ? caps.addsPerRun : caps.removesPerRun)) return false
  const perHour = Math.floor((members === 'add' ? caps.addsPerHour : caps.removesPerHour) / replicas)
  const changed = (op: 'add' | 'remove', group?: string, counted = world.counted) =>
    counted
      .filter(
        (one) => one.members === op && one.at > world.now - hourMs && (group === undefined || one.group === group),
      )
      .reduce((total, { count }) => total + count, 0)
  if (changed(members) + userIds.length > perHour) return false
  if (members === 'add') return true
  const ended = world.counted.filter(({ isUnderWay }) => !isUnderWay)
  const size = (world.groupSizes[groupId] ?? 0) + changed('remove', groupId, ended) - changed('add', groupId)
  const share = Math.floor(Math.floor(caps.removeShare * Math.max(0, size)) / replicas)
  return changed('remove', groupId) + userIds.length <= share
}

/** Tries every length for each star. */
function likeText(pattern: string, text: string): boolean {
  if (pattern === '') return text === ''
  if (pattern[0] === '*') return likeText(pattern.slice(1), text) || (text !== '' && likeText(pattern, text.slice(1)))
  return pattern[0] === text[0] && likeText(pattern.slice(1), text.slice(1))
}

/** Minute by minute of the two days in which a window that is open now can have begun. */
function isWithin({ days, from, to }: ModelWindow, now: number): boolean {
  const minutes = (time: string) => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
  const lasts = (minutes(to) - minutes(from) + 1440) % 1440 || 1440
  const today = Math.floor(now / (1440 * 60_000))
  return [today - 1, today].some((day) => {
    const begin = (day * 1440 + minutes(from)) * 60_000
    return days.includes(dayNames[((day % 7) + 7) % 7] ?? '') && now >= begin && now < begin + lasts * 60_000
  })
}
