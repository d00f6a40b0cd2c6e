// What the control plane remembers, behind an asynchronous interface: SQLite now, PostgreSQL for several instances later.
// Every method is one transaction: a promise that resolved is durable, and whoever reads from then on sees it. Writes apply in
// the order in which they were asked for; those of one tick may be one commit, and where one of them fails the others are kept.

import type { Effect } from '@sallyport/protocol'
import type { JournalState } from '../runs/agent-session.ts'
import type { Page, Run, RunState } from '../runs/run.ts'

export type Agent = {
  readonly name: string
  readonly createdAt: number
  readonly disabledAt: number | null
  /** The replica that runs the feeds; null before one ever came. */
  readonly lead: string | null
  /** Goes up whenever the lead changes. */
  readonly epoch: number
}

export type Replica = {
  readonly id: string
  readonly agent: string
  /** Ed25519 public key, base64url. */
  readonly publicKey: string
  readonly version: string
  readonly createdAt: number
  readonly revokedAt: number | null
  /** Of its newest session. */
  readonly counter: number
  readonly instance: string | null
  readonly lastSeenAt: number | null
  /** What it said last of its journal; null where it keeps none, or never came. */
  readonly journal: JournalState | null
  /** The newest head of its ledger that it told; null before it told one. */
  readonly ledgerSeq: number | null
  readonly ledgerHash: string | null
  /** When it told one last that does not go on from the one before. */
  readonly ledgerAlarmAt: number | null
}

export type Code = {
  readonly id: string
  readonly agent: string
  /** Forgotten (empty) once the code can no longer be used. */
  readonly secret: string
  readonly createdAt: number
  readonly expiresAt: number
  readonly usedAt: number | null
  readonly revokedAt: number | null
  /** JSON of the request that used it and of what it was answered: the same request gets the same answer. */
  readonly used: { readonly request: string; readonly answer: string } | null
}

export type Token = {
  readonly name: string
  /** SHA-256 of the token, hexadecimal. The token itself is shown once and kept nowhere. */
  readonly hash: string
  readonly scopes: readonly string[]
  readonly createdAt: number
  readonly expiresAt: number
  readonly revokedAt: number | null
}

export type AuditEntry = {
  readonly at: number
  readonly actor: string
  readonly action: string
  readonly target: string
  readonly details: Readonly<Record<string, unknown>>
}

/** What a run may be changed in, besides its state. */
export type RunChange = Partial<
  Pick<
    Run,
    | 'attempt'
    | 'replica'
    | 'journal'
    | 'doubtful'
    | 'finishedAt'
    | 'cancelAskedAt'
    | 'cancelTooLate'
    | 'outcome'
    | 'error'
    | 'pageCount'
    | 'rowCount'
    | 'sha256'
  >
>

/** Applies only while the run is in one of `from` and, where given, at this attempt: the fence against late answers. */
export type RunStep = {
  readonly run: string
  readonly from: readonly RunState[]
  readonly attempt?: number
  /** Left out, the run stays in its state and only the change is made. */
  readonly to?: RunState
  readonly change?: RunChange
  /** The next page of the attempt, stored and counted with the step; with it all, or nothing. */
  readonly page?: Page
  /** Goes to the audit log with the step, and not without it. */
  readonly noted?: AuditEntry
}

export type SessionRecord = Pick<Replica, 'id' | 'counter' | 'version' | 'journal'> & {
  readonly instance: string
  readonly at: number
  /** Left out, what is kept stays. */
  readonly ledger?: { readonly seq: number; readonly hash: string } | null
  readonly ledgerAlarmAt?: number | undefined
}

export type Listing = { readonly limit: number; readonly after?: string | undefined }

export type Store = {
  readonly agents: {
    list(): Promise<readonly Agent[]>
    get(name: string): Promise<Agent | undefined>
    /** Gives the lead to another replica, and raises the epoch. False where the epoch is not `epoch` any more. */
    giveLead(name: string, lead: { readonly replica: string; readonly epoch: number }): Promise<boolean>
    /** Like every `revoke`, again is no change: false only where there is none of this name. */
    disable(name: string, at: number): Promise<boolean>
    /** Also its replicas, codes and runs. */
    remove(name: string): Promise<boolean>
  }
  readonly replicas: {
    list(agent: string): Promise<readonly Replica[]>
    get(id: string): Promise<Replica | undefined>
    revoke(id: string, at: number): Promise<boolean>
    /** Records a session. False where the counter is not higher than the one on record, or the replica is gone or revoked. */
    opened(session: SessionRecord): Promise<boolean>
    /** What an open session says of its journal. */
    told(id: string, journal: JournalState): Promise<boolean>
    /** What an open session says of its ledger. */
    toldLedger(id: string, told: Required<Pick<SessionRecord, 'ledger' | 'ledgerAlarmAt'>>): Promise<boolean>
  }
  readonly codes: {
    /** Creates the agent where it is new. */
    add(code: Code): Promise<void>
    get(id: string): Promise<Code | undefined>
    list(agent: string): Promise<readonly Code[]>
    revoke(id: string, at: number): Promise<boolean>
    /** Marks the code as used and adds the replica, in one step. False where somebody else was faster or it was revoked. */
    use(use: { id: string; at: number; request: string; answer: string; replica: Replica }): Promise<boolean>
  }
  readonly runs: {
    /**
     * `existing` where the id, or the agent's idempotency key, is known already. Throws `agent_unknown`. Where the run is new,
     * `noted` goes to the audit log with it.
     */
    add(run: Run, noted?: AuditEntry): Promise<{ readonly run: Run; readonly existing: boolean }>
    get(id: string): Promise<Run | undefined>
    /** Newest first; `after` is a run id. */
    list(agent: string, listing: Listing & { readonly state?: RunState | undefined }): Promise<readonly Run[]>
    /** Oldest first. */
    inState(agent: string, states: readonly RunState[], limit: number): Promise<readonly Run[]>
    /** Those of these effects that wait, oldest first. */
    queued(
      agent: string,
      asked: { readonly effects: readonly Effect[]; readonly limit: number },
    ): Promise<readonly Run[]>
    /** Of all agents together; states that no run is in are left out. */
    countByState(): Promise<Readonly<Partial<Record<RunState, number>>>>
    /**
     * Undefined where the fence held it back. Another attempt begins with no pages and no rows. Throws `digest_mismatch`, and
     * changes nothing, where `page` is not the next one.
     */
    step(step: RunStep): Promise<Run | undefined>
    /**
     * Ends every `queued` run whose `expiresAt` has come as `expired`, and a doubtful one as `failed` with `outcome_unknown`;
     * answers with the ids that changed.
     */
    expire(now: number): Promise<readonly string[]>
  }
  readonly pages: {
    /**
     * Stores the next page and counts it in the run's `pageCount` and `rowCount`. `stored` also where the very page is there
     * already; `stale` for an attempt that is not the current one, or ended; `gap` where it is not the next one, or other
     * rows are stored under its number.
     */
    add(page: Page): Promise<'stored' | 'stale' | 'gap'>
    /** How many rows each page has, in order. */
    rowCounts(run: string, attempt: number): Promise<readonly number[]>
    /** From page `from` on, in order. */
    list(
      run: string,
      attempt: number,
      listing: { readonly from: number; readonly limit: number },
    ): Promise<readonly Page[]>
  }
  /** Both answer with how many went, which is less than `limit` once there are no more. */
  readonly retention: {
    /** Of runs that ended before. */
    dropPages(asked: { readonly before: number; readonly limit: number }): Promise<number>
    /** That ended before, and have no pages any more. */
    dropRuns(asked: { readonly before: number; readonly limit: number }): Promise<number>
  }
  readonly tokens: {
    /** False where the name is taken. */
    add(token: Token): Promise<boolean>
    byHash(hash: string): Promise<Token | undefined>
    list(): Promise<readonly Token[]>
    revoke(name: string, at: number): Promise<boolean>
  }
  readonly audit: {
    add(entry: AuditEntry): Promise<void>
    /** Newest first. */
    list(listing: { readonly limit: number }): Promise<readonly AuditEntry[]>
  }
  /** Changes whenever another process changed the store; a gateway looks at it to notice revocations. */
  version(): Promise<number>
  close(): Promise<void>
}
