// The pages of a run that the plane has not stored yet, and the room for more. They are kept so that a new session can send
// them again.

import type { Page } from './page-cutter.ts'

/** Pages that wait to be stored before the handler is asked for more. */
const pagesAhead = 3

export class KeptPages {
  readonly #pages: Page[]
  #roomy = Promise.withResolvers<void>()

  constructor(pages: readonly Page[]) {
    this.#pages = [...pages]
  }

  add(page: Page): void {
    this.#pages.push(page)
  }

  get all(): readonly Page[] {
    return this.#pages
  }

  replace(pages: readonly Page[]): void {
    this.#pages.splice(0, this.#pages.length, ...pages)
  }

  at(seq: number): Page | undefined {
    return this.#pages.find((page) => page.seq === seq)
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

  /** Resolves when no page is kept. */
  async emptied(): Promise<void> {
    while (this.#pages.length > 0) await this.#roomy.promise
  }
}
