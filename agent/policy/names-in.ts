// The names of all members of a value, at any depth.

export function namesIn(value: unknown): ReadonlySet<string> {
  const names = new Set<string>()
  const waiting: unknown[] = [value]
  while (waiting.length > 0) {
    const next = waiting.pop()
    if (typeof next !== 'object' || next === null) continue
    for (const [name, member] of Object.entries(next)) {
      names.add(name)
      waiting.push(member)
    }
  }
  return names
}
