// Which groups a write would change, job by job: the only place of the policy that knows the params of jobs.

const groupParams: Readonly<Record<string, readonly string[]>> = {
  'groups.members.add': ['groupId'],
  'groups.members.remove': ['groupId'],
}

/** The ids of the groups; undefined where they cannot be told, which the policy takes as no. */
export function touchedGroups(job: string, params: unknown): readonly string[] | undefined {
  const names = Object.hasOwn(groupParams, job) ? groupParams[job] : undefined
  if (names === undefined || typeof params !== 'object' || params === null) return undefined
  const members = new Map<string, unknown>(Object.entries(params))
  const ids = names.flatMap((name) => members.get(name))
  return ids.every((id) => typeof id === 'string') && ids.length > 0 ? ids : undefined
}
