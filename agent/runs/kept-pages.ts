// The pages of a run that the plane has not stored yet, and the room for more. They are kept so that a new session can send
// them again.

export type Page = { readonly seq: number; readonly rows: string; readonly byteCount: number }

/** Pages that wait to be stored before the handler is asked for more. */
const pagesAhead = 3

export class KeptPages {
  readonly #pages: Page[] = []
  #roomy = Promise.withResolvers<void>()

  add(seq: number, rows: string): void {
    this.#pages.push({ seq, rows, byteCount: Buffer.byteLength(rows) })
  }

  at(seq: number): Page | undefined {
    return this.#pages.find((page) => page.seq === seq)
  }

  get firstSeq(): number | undefined {
    return this.#pages[0]?.seq
  }

  /** Drops the pages before `seq`. */
  dropBefore(seq: number): void {
    while (this.#pages[0] !== undefined && this.#pages[0].seq < seq) this.#pages.shift()
    this.wake()
  }

  dropAll(): void {
    this.#pages.length = 0
    this.wake()
  }

  /** Whoever waits for room looks again. */
  wake(): void {
    this.#roomy.resolve()
    this.#roomy = Promise.withResolvers()
  }

  /** Resolves when there is room for another page, or nobody needs any. */
  async room(isNeeded: () => boolean): Promise<void> {
    while (this.#pages.length >= pagesAhead && isNeeded()) await this.#roomy.promise
  }
}
