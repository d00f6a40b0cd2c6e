// Where an attack is tried: a real agent between a control plane that lies and a simulated JumpCloud, beside a server of the
// attacker's at which nobody may ever arrive. What came of the attack is for the evidence to say.

import type { FakeClock } from './fake-clock.ts'
import { type Listener, startListener } from './listener.ts'
import { castOf, type OpenSession, type OpenSessionOptions, openSession } from './open-session.ts'
import type { PlaneSession, Said } from './plane-peer-session.ts'

type More = {
  readonly id?: string
  readonly ttlMs?: number
  readonly attempt?: number
  readonly [member: string]: unknown
}

export type Ground = Omit<OpenSession, typeof Symbol.asyncDispose> & {
  readonly cast: ReturnType<typeof castOf>
  readonly clock: FakeClock | undefined
  /** Where the attacker listens. */
  readonly elsewhere: Listener
  /** Every session so far; the newest is the last. */
  readonly sessions: readonly PlaneSession[]
  /** The next session, when the agent has waited as long as it wants to. */
  comeBack(): Promise<PlaneSession>
  /** Sends one run in the newest session, and resolves with its answer, acknowledged. */
  ask(job: string, params?: unknown, more?: More): Promise<Said>
  /** What the policy allows, and so may have been asked of JumpCloud: `GET /api/organizations`. */
  mayAsk(line: RegExp): void
  /** So many changes are allowed, and have to be there. */
  changes(count: number): void
  readonly allowed: { readonly asked: readonly RegExp[]; readonly changes: number }
}

export type GroundOptions = Omit<OpenSessionOptions, 'clock'> & { readonly clock?: FakeClock }

export async function openGround(options: GroundOptions): Promise<Ground & AsyncDisposable> {
  await using stack = new AsyncDisposableStack()
  const elsewhere = stack.use(await startListener())
  const open = stack.use(await openSession({ policy: narrowPolicy, ...options }))
  const sessions = [open.session]
  const newest = () => sessions.at(-1) ?? open.session
  const allowed = { asked: [] as RegExp[], changes: 0 }
  const all = stack.move()
  return {
    ...open,
    cast: castOf(open.jumpcloud),
    clock: options.clock,
    elsewhere,
    sessions,
    comeBack: createReturns(open, sessions, options.clock),
    ask: async (job, params = {}, { id = 'run-of-the-attack', ...more } = {}) => {
      newest().run([{ id, job, params, ...more }])
      return await newest().answer(id)
    },
    mayAsk: (line) => void allowed.asked.push(line),
    changes: (count) => {
      allowed.changes = count
    },
    allowed,
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/** Plain reads, and adds to one group. */
export function narrowPolicy(jumpcloud: OpenSession['jumpcloud']): string {
  const allow = 'org.get, users.list, users.get, groups.list, groups.get, groups.members.list, groups.members.add'
  return `version: 1\nconnections: { main: { allow: [${allow}], groups: { allow: [${castOf(jumpcloud).groupId}] } } }\n`
}

/** Time passes only while the agent waits. */
function createReturns({ plane, agent }: OpenSession, sessions: PlaneSession[], clock: FakeClock | undefined) {
  let since = 0
  return async (): Promise<PlaneSession> => {
    const coming = plane.session().then((session) => ({ session }))
    for (;;) {
      const first = await Promise.race([coming, agent.line('session.waiting', since)])
      if ('session' in first && typeof first.session === 'object') {
        const { session } = await coming
        sessions.push(session)
        return session
      }
      since = agent.lines.findIndex(({ event }, index) => index >= since && event === 'session.waiting') + 1
      const waitMs = 'waitMs' in first ? Number(first.waitMs) : 0
      if (clock !== undefined) await clock.advance(waitMs)
      else if (waitMs > 0) throw new Error(`the agent waits for ${waitMs} ms: give the attack a clock of its own`)
    }
  }
}
