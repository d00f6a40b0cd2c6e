// Asks the HTTP interface of a control plane as a vendor would: with fetch and a token, and nothing of our client.

export type Row = Readonly<Record<string, unknown>>
export type Answer = { readonly status: number; readonly body: Row }

/** What a run came to, and the lines of its stream. */
export type Finished = {
  readonly id: string
  readonly state: string
  readonly outcome: string | null
  readonly error: Row | null
  readonly sha256: string | null
  readonly rows: readonly Row[]
  readonly tookMs: number
}

export type Submission = { readonly ttlMs?: number; readonly connection?: string; readonly key?: string }

export type PlaneCaller = {
  /** The body parsed; `{}` where there is none. */
  ask(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<Answer>
  /** Submits a run and gives its id; throws what the plane answered where it is not taken. `key` is the Idempotency-Key. */
  submit(job: string, params: unknown, submission?: Submission): Promise<string>
  /** Reads the stream to its end and looks at the run then. */
  follow(run: string): Promise<Finished>
  /** Submits and follows. */
  run(job: string, params: unknown, submission?: Submission): Promise<Finished>
  /** The open answer, for who reads it piece by piece. */
  open(path: string, headers?: Readonly<Record<string, string>>): Promise<Response>
}

export function createPlaneCaller(place: { readonly url: string; readonly token: string; readonly agent: string }) {
  const authorization = `Bearer ${place.token}`
  const caller: PlaneCaller = {
    ask: async (method, path, body, headers = {}) => {
      const answer = await fetch(`${place.url}${path}`, {
        method,
        headers: { authorization, 'content-type': 'application/json', ...headers },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      })
      const text = await answer.text()
      return { status: answer.status, body: text === '' ? {} : JSON.parse(text) }
    },
    submit: async (job, params, { key, ...rest } = {}) => {
      const headers = key === undefined ? {} : { 'idempotency-key': key }
      const path = `/v1/agents/${place.agent}/runs`
      const { status, body } = await caller.ask('POST', path, { job, params, ...rest }, headers)
      if (status !== 202 && status !== 200) throw new Error(`submit ${job}: HTTP ${status} ${JSON.stringify(body)}`)
      return String(body.id)
    },
    follow: async (id) => {
      const startedAt = performance.now()
      const stream = await caller.open(`/v1/runs/${id}/pages`)
      const rows = linesOf(await stream.text()).flatMap(({ type, row }) => (type === 'row' ? [Object(row)] : []))
      const tookMs = performance.now() - startedAt
      const { body } = await caller.ask('GET', `/v1/runs/${id}`)
      // As the interface documents a run.
      const { state, outcome, error, sha256 } = body as Pick<Finished, 'state' | 'outcome' | 'error' | 'sha256'>
      return { id, state, outcome, error, sha256, rows, tookMs }
    },
    run: async (job, params, submission) => caller.follow(await caller.submit(job, params, submission)),
    open: (path, headers = {}) => fetch(`${place.url}${path}`, { headers: { authorization, ...headers } }),
  }
  return caller
}

/** NDJSON, line by line. */
export function linesOf(text: string): readonly Row[] {
  const lines = text.split('\n').filter((line) => line !== '')
  return lines.map((line) => JSON.parse(line))
}

/** Server-sent events: name, id where there is one, and the data parsed. */
export function eventsOf(
  text: string,
): readonly { readonly event: string; readonly id?: string; readonly data: Row }[] {
  const blocks = text.split('\n\n').filter((block) => block !== '')
  return blocks.map((block) => {
    const { data, ...rest } = Object.fromEntries(
      block.split('\n').map((line) => /^(\w+): (.*)$/.exec(line)?.slice(1) ?? []),
    )
    return { ...rest, data: JSON.parse(data) }
  })
}
