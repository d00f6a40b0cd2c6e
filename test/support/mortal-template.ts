// The state that each world of a sweep begins with: two replicas of one agent, a token, and a code for a third.

import { cp, mkdtemp } from 'node:fs/promises'
import { join } from 'node:path'
import { enrolmentAnswer } from '@sallyport/protocol'
import { systemClock } from '../../control-plane/ports/clock.ts'
import { systemRandom } from '../../control-plane/ports/random.ts'
import { openState } from '../../control-plane/server.ts'
import type { Store } from '../../control-plane/store/store.ts'
import { enrolmentBody, makePeerKey, type PeerIdentity } from './agent-peer.ts'
import { startMortalPlane } from './mortal-plane.ts'
import { aDirectory, bundleMortalPlane, type MortalWorld, startMortalWorld, type WorldOptions } from './mortal-world.ts'

/** Leaves something in the store, or in its directory, before any plane is there. */
export type Prepare = (store: Store, state: string) => Promise<void>

export type MortalTemplate = AsyncDisposable & {
  readonly identity: PeerIdentity
  readonly other: PeerIdentity
  /** Not used yet. */
  readonly code: string
  /** A world of its own; `deadly` is the point to be killed at. */
  open(deadly: string | undefined, arrive: WorldOptions['arrive'], prepare?: Prepare): Promise<MortalWorld>
}

export async function makeMortalTemplate(): Promise<MortalTemplate> {
  await using parts = new AsyncDisposableStack()
  const directory = parts.use(await aDirectory())
  const program = await bundleMortalPlane(directory.path)
  const template = join(directory.path, 'template')
  const { token, ...enrolled } = await fill(template)
  const owned = parts.move()

  return {
    ...enrolled,
    open: async (deadly, arrive, prepare) => {
      const state = join(await mkdtemp(join(directory.path, 'state-')), 'control-plane')
      await cp(template, state, { recursive: true })
      if (prepare !== undefined) {
        const { store } = await openState(state, { random: systemRandom, clock: systemClock })
        await prepare(store, state).finally(store.close)
      }
      return await startMortalWorld({ program, state, token, deadly, arrive })
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

async function fill(state: string) {
  await using mortal = await startMortalPlane(state, () => {})
  const { administration } = mortal.plane
  const scopes = ['agents:read', 'runs:read', 'runs:write']
  const { text: token } = await administration.createToken('test', { name: 'sweep', scopes, ttlMs: 3_600_000 })
  const newCode = async () => (await administration.createCode('test', 'acme')).text
  const newReplica = async () => {
    const { key, publicKey } = makePeerKey()
    return await enrolPeer(mortal.url, { body: enrolmentBody(await newCode(), publicKey), key })
  }
  return { token, identity: await newReplica(), other: await newReplica(), code: await newCode() }
}

type Enrolment = { readonly body: unknown; readonly key: PeerIdentity['key'] }

export async function enrolPeer(url: string, { body, key }: Enrolment): Promise<PeerIdentity> {
  const headers = { 'content-type': 'application/json' }
  const answer = await fetch(`${url}/v1/enrolments`, { method: 'POST', headers, body: JSON.stringify(body) })
  const { agent, replica } = enrolmentAnswer.parse(await answer.json())
  return { agent, replica, key, counter: 0 }
}
