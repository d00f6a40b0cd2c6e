// Which groups a write would change. Which params hold them is said by the contract of the job.

import type { JobContract } from '@sallyport/protocol/job-contract'

/** The ids of the groups; undefined where they cannot be told, which the policy takes as no. */
export function touchedGroups(changes: JobContract['changes'], params: unknown): readonly string[] | undefined {
  if (changes === undefined || typeof params !== 'object' || params === null) return undefined
  const members = new Map<string, unknown>(Object.entries(params))
  const ids = changes.groups.flatMap((name) => members.get(name))
  return ids.every((id) => typeof id === 'string') && ids.length > 0 ? ids : undefined
}
