// Owns which levers are pulled, in which order they act, and when each is used up.

import { type Act, type Condition, type Lever, matchesCondition, type Serve } from './lever.ts'

interface Pulled {
  readonly condition: Condition
  readonly act: Act
  seen: number
  used: number
}

export class LeverBoard {
  readonly #pulled: Pulled[] = []

  /** Levers pulled later stand nearer to the client, so the last one pulled has the last word. */
  pull(condition: Condition, act: Act): Lever {
    const pulled: Pulled = { condition, act, seen: 0, used: 0 }
    this.#pulled.push(pulled)
    return {
      release: () => {
        const position = this.#pulled.indexOf(pulled)
        if (position >= 0) this.#pulled.splice(position, 1)
      },
      used: () => pulled.used,
    }
  }

  releaseAll(): void {
    this.#pulled.length = 0
  }

  /** Decides, when a request arrives, which levers act on it; a lever released meanwhile still finishes. */
  around(request: { readonly method: string; readonly path: string }, serve: Serve): Serve {
    return this.#pulled
      .filter((pulled) => this.#takes(pulled, request))
      .reduce(
        (inner: Serve, { act }) =>
          (received) =>
            act(received, inner),
        serve,
      )
  }

  #takes(pulled: Pulled, request: { readonly method: string; readonly path: string }): boolean {
    if (!matchesCondition(pulled.condition, request)) return false
    pulled.seen += 1
    const { after = 0, count = Number.POSITIVE_INFINITY } = pulled.condition
    if (pulled.seen <= after || pulled.used >= count) return false
    pulled.used += 1
    return true
  }
}
