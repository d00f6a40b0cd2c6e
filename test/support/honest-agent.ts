// An agent that outlives its sessions, as PROTOCOL.md has it: it keeps what it was given until its answer is acknowledged, goes
// on from where `welcome` says, and does no write twice. A page that was acknowledged is gone. It is written from the document,
// and not from our agent.

import { closeCodes, type LeadPayload } from '@sallyport/protocol'
import { connectPeer, type Ordered, type Peer, type PeerIdentity } from './agent-peer.ts'

export type HonestAgent = AsyncDisposable & {
  /** Opens a session and names what it holds. Rejects where none can be opened. */
  connect(url: string): Promise<void>
  held(): readonly Attempt[]
  /** Cuts its session without a word. */
  vanish(): void
  /** Leaves for good; rejects where the control plane does not say that it knows. */
  goodbye(url: string): Promise<void>
  /** Its host has another journal, which knows nothing; the session is cut. */
  loseJournal(): void
  /** Hands back what it has not begun, and forgets it. */
  leave(): void
  /** Says what has become of it, and in `hello` from now on. */
  tell(state: State): void
  /** What it was told of the lead, in order. */
  readonly leading: readonly Leading[]
  /** The run of each write that it did, in order. */
  readonly done: readonly string[]
}

type State = {
  readonly journal?: 'ok' | 'read_only' | 'lost'
  readonly journalId?: string
  readonly draining?: boolean
}
type Leading = Pick<LeadPayload, 'lead' | 'epoch'>
type Attempt = { readonly run: string; readonly attempt: number }

type Script = {
  readonly pages: (order: Ordered) => readonly (readonly unknown[])[]
  /** It answers when it was asked to stop: `too_late` first. */
  readonly waitsForCancel?: boolean
  /** It never begins what it is given. */
  readonly isIdle?: boolean
  /** The frame by which it answers, in place of `done`. */
  readonly answer?: Readonly<Record<string, unknown>>
}

type Work = {
  readonly order: Ordered
  /** Of those before `keptFrom`, which are gone, nothing is used but what `done` counts of them. */
  readonly pages: readonly (readonly unknown[])[]
  keptFrom: number
  isWaiting: boolean
}

export function createHonestAgent(
  identity: PeerIdentity,
  { pages, waitsForCancel = false, isIdle = false, answer }: Script,
): HonestAgent {
  const works = new Map<string, Work>()
  const done: string[] = []
  const leading: Leading[] = []
  let state: State = { journal: 'ok' }
  let peer: Peer | undefined
  let connectedTo: string | undefined

  const take = (order: Ordered) => {
    const isWrite = order.job.endsWith('.add')
    const work = { order, pages: pages(order), keptFrom: 0, isWaiting: waitsForCancel }
    works.set(order.id, work)
    if (isIdle) return
    if (isWrite || work.pages.length > 1) peer?.send({ type: 'accepted', run: order.id, attempt: order.attempt })
    // Known bytes are not done again: they get the first outcome.
    if (isWrite && !done.includes(order.id)) done.push(order.id)
    say(work, 0)
  }
  const say = ({ order, pages, keptFrom, isWaiting }: Work, next: number) => {
    if (isWaiting || isIdle) return
    if (next < keptFrom) return peer?.send(goneOf(order, next))
    if (answer !== undefined) return peer?.send({ run: order.id, attempt: order.attempt, ...answer })
    const outcome = order.job.endsWith('.add') ? { outcome: 'applied' } : {}
    if (pages.length === 1) return peer?.answer(order, pages[0] ?? [], outcome)
    const page = pages[next]
    if (page === undefined) peer?.finish(order, pages, outcome)
    else peer?.page(order, next, page)
  }
  const cancel = (id: string) => {
    const work = works.get(id)
    if (work === undefined) return
    const { attempt } = work.order
    if (done.includes(id)) peer?.send({ type: 'too_late', run: id, attempt })
    work.isWaiting = false
    say(work, 0)
  }
  const acknowledge = (id: string, seq: unknown) => {
    const work = works.get(id)
    if (seq === 'final') works.delete(id)
    if (seq === 'final' || work === undefined) return
    work.keptFrom = Number(seq) + 1
    say(work, work.keptFrom)
  }

  const held = () => [...works.values()].map(({ order: { id: run, attempt } }) => ({ run, attempt }))

  return {
    done,
    held,
    leading,
    vanish: () => peer?.cut(),
    loseJournal: () => {
      works.clear()
      state = { journal: 'lost', journalId: 'journal-2' }
      peer?.cut()
    },
    async goodbye(url) {
      if (url !== connectedTo) await this.connect(url)
      peer?.send({ type: 'goodbye' })
      const closed = await peer?.closed
      if (closed?.code !== closeCodes.deregistered.code) throw new Error(`goodbye: closed by ${closed?.code}`)
    },
    leave: () => {
      peer?.send({ type: 'leaving', runs: [...works.keys()] })
      works.clear()
    },
    tell: (change) => {
      state = { ...state, ...change }
      peer?.send({ type: 'state', ...change })
    },
    async connect(url) {
      connectedTo = url
      peer = await connectPeer(url, identity, { body: state, held: held() })
      const { held: decisions, lead, epoch } = await peer.welcome()
      leading.push({ lead, epoch })
      for (const { run, keep, next } of decisions) {
        const work = works.get(run)
        if (!keep) works.delete(run)
        else if (work !== undefined) say(work, next)
      }
      void follow(peer, { take, cancel, acknowledge, lead: (told) => void leading.push(told) })
    },
    [Symbol.asyncDispose]: async () => await peer?.[Symbol.asyncDispose](),
  }
}

function goneOf({ id: run, attempt }: Ordered, seq: number) {
  const message = `page ${seq} was acknowledged, and is gone`
  return { type: 'failed', run, attempt, error: { code: 'internal_error', message } }
}

type Verbs = {
  readonly take: (order: Ordered) => void
  readonly cancel: (run: string) => void
  readonly acknowledge: (run: string, seq: unknown) => void
  readonly lead: (told: Leading) => void
}

/** Until the session closes. */
async function follow(peer: Peer, { take, cancel, acknowledge, lead }: Verbs): Promise<void> {
  const each = async <Value>(next: () => Promise<Value>, act: (value: Value) => void) => {
    while (true) act(await next())
  }
  await Promise.allSettled([
    each(peer.batch, (orders) => orders.forEach(take)),
    each(peer.lead, ({ lead: has, epoch }) => lead({ lead: has, epoch })),
    each(
      () => peer.next('cancel'),
      ({ run }) => cancel(String(run)),
    ),
    each(
      () => peer.next('ack'),
      ({ run, seq }) => acknowledge(String(run), seq),
    ),
  ])
}
