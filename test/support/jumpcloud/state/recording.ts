// Owns the truth that tests compare with: what was asked of the simulator and what really changed.
// Secrets are never recorded, only the id of the credential that was presented.

export interface RecordedRequest {
  readonly id: string
  readonly at: number
  readonly method: string
  readonly path: string
  readonly query: Readonly<Record<string, string>>
  /** Lower-case names only. */
  readonly headers: readonly string[]
  /** `null` when no known credential was presented. */
  readonly keyId: string | null
  readonly organizationId: string | null
  /** `null` until an answer begins, and for good when the connection was reset instead. */
  readonly status: number | null
  readonly outcome: 'pending' | 'answered' | 'reset' | 'aborted'
}

export interface Mutation {
  readonly at: number
  readonly kind: 'member' | 'user' | 'group' | 'binding' | 'row'
  readonly op: 'add' | 'remove' | 'create' | 'update' | 'delete'
  /** False when the request was answered but changed nothing: a repeated add, an add to a dynamic group. */
  readonly applied: boolean
  /** `null` when a lever did it; a dynamic group's rule carries the id of the request that caused it. */
  readonly requestId: string | null
  readonly groupId?: string
  readonly userId?: string
  readonly targetId?: string
}

export class Recording {
  readonly requests: RecordedRequest[] = []
  readonly mutations: Mutation[] = []
  /** Mistakes of the simulator itself; disposing of it throws the first. */
  readonly defects: unknown[] = []
  readonly #arrivals = new Set<Notify>()
  readonly #outcomes = new Set<Notify>()

  begin(request: RecordedRequest): void {
    this.requests.push(request)
    for (const notify of this.#arrivals) notify(request)
  }

  settle(id: string, change: Partial<Pick<RecordedRequest, 'status' | 'outcome'>>): void {
    const position = this.requests.findLastIndex((request) => request.id === id)
    const request = this.requests[position]
    if (request === undefined) return
    const settled = { ...request, ...change }
    this.requests[position] = settled
    for (const notify of this.#outcomes) notify(settled)
  }

  mutated(mutation: Mutation): void {
    this.mutations.push(mutation)
  }

  /** Resolves when the next matching request has been read, so that no test needs to sleep. */
  next(accepts: Accepts): Promise<RecordedRequest> {
    return waitIn(this.#arrivals, accepts)
  }

  /** Resolves with a matching request whose outcome is known, at once if there is one already. */
  settled(accepts: Accepts): Promise<RecordedRequest> {
    const known = this.requests.find((request) => request.outcome !== 'pending' && accepts(request))
    return known === undefined ? waitIn(this.#outcomes, accepts) : Promise.resolve(known)
  }
}

type Notify = (request: RecordedRequest) => void
export type Accepts = (request: RecordedRequest) => boolean

function waitIn(waiting: Set<Notify>, accepts: Accepts): Promise<RecordedRequest> {
  return new Promise((resolve) => {
    const notify: Notify = (request) => {
      if (!accepts(request)) return
      waiting.delete(notify)
      resolve(request)
    }
    waiting.add(notify)
  })
}
