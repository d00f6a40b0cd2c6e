// The ids that a write would touch. Which params hold them is said by the contract of the job.

/** Undefined where they cannot be told, which the policy takes as no. `names` are those of params. */
export function touchedIds(names: readonly string[] | undefined, params: unknown): readonly string[] | undefined {
  if (names === undefined || typeof params !== 'object' || params === null) return undefined
  const members = new Map<string, unknown>(Object.entries(params))
  const ids = names.flatMap((name) => members.get(name))
  return ids.every((id) => typeof id === 'string') && ids.length > 0 ? ids : undefined
}
