// Owns the rows of one listing in the order in which JumpCloud would serve them.

export class OrderedRows<Row extends { readonly id: string }> {
  readonly #order: Row[] = []
  readonly #byId = new Map<string, Row>()

  get all(): readonly Row[] {
    return this.#order
  }

  get size(): number {
    return this.#order.length
  }

  get(id: string): Row | undefined {
    return this.#byId.get(id)
  }

  insert(row: Row, position = this.#order.length): void {
    this.#order.splice(position, 0, row)
    this.#byId.set(row.id, row)
  }

  replace(row: Row): void {
    this.#order[this.#order.findIndex(({ id }) => id === row.id)] = row
    this.#byId.set(row.id, row)
  }

  delete(id: string): boolean {
    const position = this.#order.findIndex((row) => row.id === id)
    if (position < 0) return false
    this.#order.splice(position, 1)
    return this.#byId.delete(id)
  }
}
