// A control plane that says what no honest one says. It signs with the key that the agent has pinned, so that it is believed
// up to the point where it lies.

import { once } from 'node:events'
import { createServer } from 'node:http'
import { type HelloBody, helloBody, type KeyStatement } from '@sallyport/protocol'
import { type WebSocket, WebSocketServer } from 'ws'
import { makeSigningKey, type SigningKey, statementOf } from '../support/plane-peer-keys.ts'
import { type Line, openLine } from './line.ts'
import { type Draw, type Members, spoil, spoilMembers, strange } from './mutate.ts'

export type Session = { readonly line: Line; readonly body: HelloBody }

export type FuzzingPlane = AsyncDisposable & {
  readonly url: string
  readonly id: string
  readonly statement: KeyStatement
  /** It believes every replica. */
  admit(publicKey: string): void
  /** The next session of the agent, opened honestly; `keep` says whether it goes on with what it holds. */
  open(keep: () => boolean): Promise<Session>
  /** The next handshake, with something wrong in one of its frames or in what is signed. */
  greetBadly(draw: Draw): Promise<void>
  /** A frame, spoilt, about a run that the agent was given, where there is one. */
  say(draw: Draw, session: Session): void
  /** An honest batch of one run. */
  order(session: Session, run: Members): void
}

const id = 'plane-fuzz'
const nonce = 'c'.repeat(43)
const challenge = { type: 'challenge', plane: id, nonce, time: 0, protocol: { min: 1, max: 1 } }
const limits = { sessionCreditBytes: 256 * 1024, runCreditBytes: 256 * 1024 }

export async function startFuzzingPlane(groupId: string, userId: string): Promise<FuzzingPlane> {
  const key = makeSigningKey()
  const arrivals = createArrivals()
  const sockets = new WebSocketServer({ noServer: true, perMessageDeflate: false })
  const server = createServer().on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, arrivals.put)
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  let runCount = 0

  return {
    url: `http://127.0.0.1:${port}`,
    id,
    statement: statementOf(id, 1, key),
    admit: () => {},
    open: async (keep) => {
      while (true) {
        const line = openLine(await arrivals.take())
        line.say(challenge)
        const hello = await line.next('hello')
        if (hello === undefined) continue
        const body = helloBody.parse(JSON.parse(String(hello.body)))
        line.say({ type: 'welcome', jws: key.sign('sallyport-welcome', welcomeOf(body, keep)) })
        return { line, body }
      }
    },
    greetBadly: async (draw) => {
      const line = openLine(await arrivals.take())
      if (draw.chance(0.5)) line.send(spoil(draw, challenge))
      else await welcomeBadly(draw, line, key)
      await line.settle()
      line.cut()
    },
    say: (draw, { line, body }) => {
      if (draw.chance(0.2)) runCount += 1
      const run = `run-${String(runCount).padStart(8, '0')}`
      line.send(spoil(draw, frameOf(draw, { key, body, run: runOf(draw, { run, groupId, userId }) })))
    },
    order: ({ line, body }, run) => line.say({ type: 'run', jws: key.sign('sallyport-batch', batchOf(body, run)) }),
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets.clients) socket.terminate()
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

async function welcomeBadly(draw: Draw, line: Line, key: SigningKey): Promise<void> {
  line.say(challenge)
  const hello = await line.next('hello')
  if (hello === undefined) return
  const honest = welcomeOf(helloBody.parse(JSON.parse(String(hello.body))), () => true)
  const payload = draw.chance(0.7) ? spoilMembers(draw, honest) : honest
  const jws = key.sign('sallyport-welcome', payload, draw.chance(0.2) ? { alg: strange(draw) } : {})
  line.send(spoil(draw, { type: 'welcome', jws }))
}

function welcomeOf({ agent, replica, nonce, held }: HelloBody, keep: () => boolean): Members {
  return {
    ...{ plane: id, agent, replica, nonce, session: 'se_fuzz', protocol: 1, lead: false, epoch: 0, limits },
    held: held.map(({ run, attempt }) => ({ run, attempt, keep: keep(), next: 0 })),
  }
}

function batchOf({ agent, replica, nonce }: HelloBody, run: Members): Members {
  return {
    plane: id,
    agent,
    replica,
    nonce,
    sentAfterMs: 0,
    runs: [{ run: JSON.stringify(run), attempt: 1, ttlMs: 300_000 }],
  }
}

function runOf(draw: Draw, { run, groupId, userId }: { run: string; groupId: string; userId: string }): Members {
  const [job, params] = draw.pick<readonly [string, Members]>([
    ['groups.list', {}],
    ['org.get', {}],
    ['users.get', { userId }],
    ['groups.members.list', { groupId, include: 'effective' }],
    ['groups.members.add', { groupId, userIds: [userId], dryRun: draw.chance(0.5) }],
    ['groups.members.remove', { groupId, userIds: [userId] }],
    ['events.pull', { startAt: '2026-01-01T00:00:00Z', endAt: '2026-01-02T00:00:00Z' }],
  ])
  return { id: run, job, connection: 'main', params, requester: 'fuzzer' }
}

type Topic = { readonly key: SigningKey; readonly body: HelloBody; readonly run: Members }

/** What a plane may say of a run, and what it may say at other times. */
function frameOf(draw: Draw, { key, body, run }: Topic): Members {
  const attempt = 1
  const batch = (payload: Members) => ({ type: 'run', jws: key.sign('sallyport-batch', payload) })
  const statement = { ...statementOf(id, draw.integer(3), key), luck: strange(draw) }
  const leave = { type: 'leave', reason: 'move', backMs: draw.integer(60_000) }
  return draw.pick<() => Members>([
    () => batch(batchOf(body, run)),
    () => batch(batchOf(body, spoilMembers(draw, run))),
    () => batch(spoilMembers(draw, batchOf(body, run))),
    () => ({ type: 'run', jws: key.sign('sallyport-welcome', batchOf(body, run)) }),
    () => ({ type: 'credit', bytes: draw.integer(2 ** 31) }),
    () => ({ type: 'credit', run: run.id, bytes: draw.integer(2 ** 20) }),
    () => ({ type: 'ack', run: run.id, attempt, seq: 'final' }),
    () => ({ type: 'ack', run: run.id, attempt, seq: draw.integer(4) }),
    () => ({ type: 'cancel', run: run.id }),
    () => ({ type: 'keys', jws: key.sign('sallyport-keys', statement) }),
    () => ({ type: 'keys', jws: key.sign('sallyport-batch', statement) }),
    () => ({ type: 'done', run: run.id, attempt, pages: 1, rowCount: 0, rows: [] }),
    () => (draw.chance(0.2) ? leave : challenge),
  ])()
}

function createArrivals() {
  const waiting: WebSocket[] = []
  let arrived = Promise.withResolvers<void>()
  return {
    put: (socket: WebSocket) => {
      waiting.push(socket)
      arrived.resolve()
      arrived = Promise.withResolvers()
    },
    take: async () => {
      for (let socket = waiting.shift(); ; socket = waiting.shift()) {
        if (socket !== undefined) return socket
        await arrived.promise
      }
    },
  }
}
