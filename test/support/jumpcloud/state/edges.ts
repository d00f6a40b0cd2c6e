// Owns one kind of edge of the graph (group to user, application to group, …), ordered at its source.

export class Edges {
  readonly #targets = new Map<string, string[]>()
  readonly #sources = new Map<string, Set<string>>()

  targets(source: string): readonly string[] {
    return this.#targets.get(source) ?? []
  }

  sources(target: string): ReadonlySet<string> {
    return this.#sources.get(target) ?? new Set()
  }

  has(source: string, target: string): boolean {
    return this.sources(target).has(source)
  }

  /** Answers whether the edge is new. */
  add(source: string, target: string, position?: number): boolean {
    if (this.has(source, target)) return false
    const targets = this.#targets.get(source) ?? []
    targets.splice(position ?? targets.length, 0, target)
    this.#targets.set(source, targets)
    this.#sources.set(target, new Set(this.#sources.get(target)).add(source))
    return true
  }

  /** Answers whether there was such an edge. */
  remove(source: string, target: string): boolean {
    if (!this.has(source, target)) return false
    const targets = this.#targets.get(source) ?? []
    targets.splice(targets.indexOf(target), 1)
    this.#sources.get(target)?.delete(source)
    return true
  }

  /** Takes an object out of the graph, with every edge that touches it. */
  forget(id: string): void {
    for (const target of [...this.targets(id)]) this.remove(id, target)
    for (const source of [...this.sources(id)]) this.remove(source, id)
  }
}
