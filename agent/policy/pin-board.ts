// What the names of the policy in force are worth now. They are looked up when a policy comes, when somebody pinned them anew,
// and from time to time; what could not be looked up is tried again.

import { SallyportError } from '@sallyport/protocol/sallyport-error'
import type { JumpCloudReads } from '../jumpcloud/port.ts'
import type { Log } from '../log.ts'
import type { Clock } from '../ports/clock.ts'
import { isId } from './connection-rules.ts'
import type { PinFile } from './pin-file.ts'
import { pinNames } from './pin-names.ts'
import { type Pin, type Pins, pinSentence } from './pins.ts'
import type { Policy } from './policy.ts'

export type PinBoard = {
  of(connection: string): Pins
  /**
   * Looks up the names of this policy, from now on. Resolves after the first look, or after 5 s, so that a JumpCloud that is
   * away holds back no policy; never rejects.
   */
  follow(policy: Policy): Promise<void>
  /** Until the signal is aborted. */
  watch(signal: AbortSignal): Promise<void>
}

export type PinBoardOptions = {
  readonly file: PinFile
  readonly jumpcloud: (connection: string) => Promise<JumpCloudReads>
  readonly clock: Clock
  readonly log: Log
}

const lookMs = 3000
const patienceMs = 5000
const againMs = 30_000
const anewMs = 10 * 60_000

/** The names under `groups.allow` of each connection that has some. */
export function namesIn(policy: Policy): ReadonlyMap<string, readonly string[]> {
  const named = policy.connections.map((connection) => {
    const allowed = policy.rulesOf(connection)?.groups?.allow ?? []
    return [connection, allowed.filter((entry) => !isId(entry))] as const
  })
  return new Map(named.filter(([, names]) => names.length > 0))
}

export function createPinBoard({ file, jumpcloud, clock, log }: PinBoardOptions): PinBoard {
  const pins = new Map<string, Pins>()
  let wanted: ReadonlyMap<string, readonly string[]> = new Map()
  let lookedAt = Number.NEGATIVE_INFINITY
  let seen = ''
  let last = Promise.resolve()

  const ask = async (connection: string, names: readonly string[]): Promise<Pins> => {
    try {
      return await pinNames({ file, connection, names, jumpcloud: await jumpcloud(connection) })
    } catch (error) {
      log.warn('policy.not_looked_up', { connection, error })
      const why = reasonOf(error)
      return new Map(names.map((name): [string, Pin] => [name, { state: 'unresolved', why }]))
    }
  }
  const lookUp = async (connection: string, names: readonly string[]) => {
    const found = await ask(connection, names)
    const before = pins.get(connection)
    for (const [name, pin] of found) {
      if (before?.get(name)?.state === pin.state) continue
      log[pin.state === 'pinned' ? 'info' : 'error']('policy.pin', { connection, name, pin: pinSentence(pin) })
    }
    pins.set(connection, found)
  }
  const lookAtAll = async () => {
    for (const [connection, names] of wanted) await lookUp(connection, names)
    lookedAt = clock.monotonic()
    seen = await written()
  }
  // One after the other: they write the same file.
  const lookAll = () => {
    last = last.then(lookAtAll)
    return last
  }
  const written = async () => JSON.stringify(await file.read().catch(() => undefined)) ?? ''
  const isDue = async () => {
    const passedMs = clock.monotonic() - lookedAt
    const isOpen = [...pins.values()].some((ofOne) => [...ofOne.values()].some(({ state }) => state === 'unresolved'))
    return passedMs >= (isOpen ? againMs : anewMs) || (await written()) !== seen
  }

  return {
    of: (connection) => pins.get(connection) ?? new Map(),
    follow: async (policy) => {
      wanted = namesIn(policy)
      if (wanted.size === 0) return
      const looked = new AbortController()
      const patience = clock.sleep(patienceMs, looked.signal).catch(() => {})
      await Promise.race([lookAll(), patience]).finally(() => looked.abort())
    },
    watch: async (signal) => {
      while (!signal.aborted) {
        await clock.sleep(lookMs, signal).catch(() => {})
        if (!signal.aborted && wanted.size > 0 && (await isDue())) await lookAll()
      }
    },
  }
}

/** It travels with a refusal: the folders of the host are nobody's business there. */
function reasonOf(error: unknown): string {
  if (error instanceof SallyportError && error.code !== 'policy_invalid') return error.message
  return 'the host cannot keep its pinned names, and its log says why'
}
