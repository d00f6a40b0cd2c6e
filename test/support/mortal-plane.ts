// A control plane whose every commit and every send passes a named point, where it may be killed. The product knows nothing of it.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import { createControlPlane } from '../../control-plane/control-plane.ts'
import { type Clock, systemClock } from '../../control-plane/ports/clock.ts'
import { systemRandom } from '../../control-plane/ports/random.ts'
import { openState } from '../../control-plane/server.ts'
import type { RunStep, Store } from '../../control-plane/store/store.ts'
import { type At, countPoints, type Passing } from './passed-points.ts'

export async function startMortalPlane(state: string, passing: Passing, clock: Clock = systemClock) {
  await using parts = new AsyncDisposableStack()
  const at = countPoints(passing)
  const { store, signer } = await openState(state, { random: systemRandom, clock })
  parts.defer(() => store.close())
  const plane = createControlPlane({ store: mortalStore(store, at), signer, clock })
  const server = createServer((req, res) => plane.handle(req, mortalAnswer(req, res, at)))
  server.on('upgrade', (req, socket, head) => plane.upgrade(req, mortalSocket(socket, at), head))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  parts.defer(async () => {
    const ended = new Promise((resolve) => server.close(resolve))
    await plane.close()
    server.closeAllConnections()
    await ended
  })
  const owned = parts.move()
  const url = `http://127.0.0.1:${Object(server.address()).port}`
  return { url, plane, store, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

/** Its writes, but those that come by the clock and change nothing. */
function mortalStore(store: Store, at: At): Store {
  const mortal = <Args extends readonly unknown[], Result>(
    name: string,
    write: (...args: Args) => Promise<Result>,
    what: (...args: Args) => string = () => '',
  ) => {
    return async (...args: Args): Promise<Result> => {
      const point = `store ${name}${what(...args)}`
      at('before', point)
      const result = await write(...args)
      at('after', point)
      return result
    }
  }
  const { agents, runs, pages, codes, replicas, audit } = store
  const expire = mortal('runs.expire', runs.expire)
  const isDue = async (now: number) =>
    (await runs.inState('acme', ['queued'], 100)).some(({ expiresAt }) => expiresAt <= now)
  return {
    ...store,
    agents: { ...agents, giveLead: mortal('agents.giveLead', agents.giveLead) },
    codes: { ...codes, use: mortal('codes.use', codes.use) },
    replicas: {
      ...replicas,
      revoke: mortal('replicas.revoke', replicas.revoke),
      opened: mortal('replicas.opened', replicas.opened),
      told: mortal('replicas.told', replicas.told),
    },
    runs: {
      ...runs,
      add: mortal('runs.add', runs.add),
      step: mortal('runs.step', runs.step, nameOf),
      expire: async (now) => ((await isDue(now)) ? await expire(now) : []),
    },
    pages: { ...pages, add: mortal('pages.add', pages.add) },
    audit: { ...audit, add: mortal('audit.add', audit.add) },
  }
}

function nameOf({ to, change }: RunStep): string {
  const why = to === 'failed' ? ` ${change?.error?.code}` : ''
  return ` ${to ?? 'marked'}${why}${change?.doubtful === true ? ' in doubt' : ''}`
}

/** `ws` writes the head of a frame and its text one after the other; the text tells which frame it is. */
function mortalSocket(socket: Duplex, at: At): Duplex {
  const write = socket.write.bind(socket)
  const mortal = (data: Uint8Array | string, done: (error?: Error | null) => void = () => {}) => {
    const type = /^\{"type":"(\w+)"/.exec(String(data).slice(0, 64))?.[1]
    // A credit is a total, told again with the next one: it matters no more than the bytes between.
    if (type === undefined || type === 'credit') return write(data, done)
    at('before', `frame ${type}`)
    return write(data, (error) => {
      at('after', `frame ${type}`)
      done(error)
    })
  }
  return Object.assign(socket, { write: mortal })
}

/** What asks for nothing but to look is answered again, but for the lines of a run: each of them is one that a caller goes on from. */
function mortalAnswer({ method, url = '' }: IncomingMessage, res: ServerResponse, at: At): ServerResponse {
  if (url.endsWith('/pages')) return mortalLines(res, at)
  if (method !== 'POST') return res
  const what = `answer to ${url.replace(/run_[\w-]+/, 'RUN')}`
  const end = res.end.bind(res)
  const mortal = (...args: Parameters<typeof end>) => {
    at('before', what)
    res.once('finish', () => at('after', what))
    return end(...args)
  }
  return Object.assign(res, { end: mortal })
}

/** Lines that are ready together leave in one piece: it goes after the last of them. */
function mortalLines(res: ServerResponse, at: At): ServerResponse {
  const write = res.write.bind(res)
  const mortal = (piece: Uint8Array) => {
    const lines = new TextDecoder().decode(piece).match(/\n/g) ?? []
    for (const _ of lines) at('before', 'line of a run')
    return write(piece, () => {
      for (const _ of lines) at('after', 'line of a run')
    })
  }
  return Object.assign(res, { write: mortal })
}
