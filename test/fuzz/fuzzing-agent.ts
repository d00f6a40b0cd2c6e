// An agent that says what no honest one says. It knows enough of the protocol to be believed up to the point where it lies.

import { createHash, sign } from 'node:crypto'
import { once } from 'node:events'
import { enrolmentAnswer, sessionProofText } from '@sallyport/protocol'
import { WebSocket } from 'ws'
import { enrolmentBody, makePeerKey } from '../support/agent-peer.ts'
import type { TestControlPlane } from '../support/control-plane.ts'
import { type Line, openLine, pass } from './line.ts'
import { type Draw, type Members, spoil, spoilMembers } from './mutate.ts'

type Replica = { readonly id: string; readonly key: ReturnType<typeof makePeerKey>['key']; counter: number }
type Order = { readonly run: string; readonly attempt: number }

export type FuzzingAgent = {
  /** A session, opened honestly, that goes on with the last run; as a new replica where the plane does not take this one any more. */
  open(): Promise<Line>
  /** A handshake with something wrong in the frame, or in the body that its proof is true of. */
  knockBadly(draw: Draw): Promise<void>
  /** A frame, spoilt, about a run that the session was given, where there is one. */
  say(draw: Draw, line: Line): void
  /** Opens a session and answers every run that comes, until that one is answered. */
  answer(run: Promise<string>): Promise<void>
}

export async function createFuzzingAgent(plane: TestControlPlane): Promise<FuzzingAgent> {
  let replica = await enrol(plane)
  let order: Order = { run: 'run_nobody', attempt: 1 }

  const open = async (held: readonly Order[] = [order]): Promise<Line> => {
    while (true) {
      const { line, challenge } = await knock(plane)
      line.say(helloOf(replica, challenge, bodyOf(replica, held)))
      if ((await pass(plane.clock, line.next('welcome'))) !== undefined) return line
      replica = await enrol(plane)
    }
  }
  return {
    open,
    knockBadly: async (draw) => {
      const { line, challenge } = await knock(plane)
      const honest = bodyOf(replica, [order])
      const body = draw.chance(0.5) ? spoilMembers(draw, honest) : honest
      line.send(spoil(draw, helloOf(replica, challenge, body)))
      await line.settle()
      line.cut()
    },
    say: (draw, line) => {
      order = line.taken('run').flatMap(ordersIn).at(-1) ?? order
      line.send(spoil(draw, frameOf(draw, order)))
    },
    answer: async (run) => {
      const wanted = await run
      const line = await open([])
      for (let isAnswered = false; !isAnswered; ) {
        const orders = ordersIn((await pass(plane.clock, line.next('run'))) ?? {})
        for (const given of orders) line.say(answerOf(given, [row]))
        isAnswered = orders.some(({ run }) => run === wanted)
      }
      await line.settle()
    },
  }
}

async function enrol({ plane, ask }: TestControlPlane): Promise<Replica> {
  const { text } = await plane.administration.createCode('fuzz', 'acme')
  const { key, publicKey } = makePeerKey()
  const { json } = await ask({ method: 'POST', path: '/v1/enrolments', body: enrolmentBody(text, publicKey) })
  return { id: enrolmentAnswer.parse(json).replica, key, counter: 0 }
}

/** A socket that was greeted with a challenge. */
async function knock({ url }: TestControlPlane): Promise<{ line: Line; challenge: Members }> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/v1/session`, ['sallyport.v1'])
  const line = openLine(socket)
  await once(socket, 'open')
  return { line, challenge: (await line.next('challenge')) ?? {} }
}

function bodyOf(replica: Replica, held: readonly Order[]): Members {
  replica.counter += 1
  return {
    ...{ agent: 'acme', replica: replica.id, instance: 'the-fuzzer', counter: replica.counter, version: '0' },
    ...{ protocol: { min: 1, max: 1 }, nonce: 'a'.repeat(43), jobs: ['groups.list'], policy: null, ledger: null },
    ...{ connections: [{ name: 'main', state: 'ready' }], held },
  }
}

/** With a proof that is true, so that the plane believes whatever the body says. */
function helloOf(replica: Replica, challenge: Members, body: Members): Members {
  const text = JSON.stringify(body)
  const proven = sessionProofText({
    plane: String(challenge.plane),
    planeNonce: String(challenge.nonce),
    planeProtocol: { min: 1, max: 1 },
    agentNonce: typeof body.nonce === 'string' ? body.nonce : '',
    agentProtocol: { min: 1, max: 1 },
    helloSha256: createHash('sha256').update(text).digest('hex'),
  })
  return { type: 'hello', body: text, proof: sign(null, Buffer.from(proven), replica.key).toString('base64url') }
}

function ordersIn({ jws }: Members): readonly Order[] {
  const { runs } = JSON.parse(Buffer.from(String(jws).split('.')[1] ?? '', 'base64url').toString())
  return runs.map(({ run, attempt }: { run: string; attempt: number }) => ({ run: JSON.parse(run).id, attempt }))
}

function answerOf({ run, attempt }: Order, rows: readonly unknown[]): Members {
  const sha256 = createHash('sha256').update(JSON.stringify(rows)).digest('hex')
  return { type: 'done', run, attempt, pages: 1, rowCount: rows.length, sha256, rows }
}

const row = { id: '0123456789abcdef01234567', name: 'Everyone', description: null, email: null }

/** What an agent may say about a run, and what it may say at other times. */
function frameOf(draw: Draw, { run, attempt }: Order): Members {
  const error = { code: 'not_found', message: 'no such group' }
  const batch = draw.hex(64)
  const honest = answerOf({ run, attempt }, [row])
  return draw.pick<Members>([
    { type: 'accepted', run, attempt },
    { type: 'page', run, attempt, seq: draw.integer(3), rows: [row] },
    { type: 'page', run, attempt, seq: 0, rows: [row, row] },
    draw.chance(0.5) ? honest : { ...honest, rows: [{ ...row, id: 7 }] },
    honest,
    { type: 'done', run, attempt, pages: 2, rowCount: 2, sha256: batch, outcome: 'applied' },
    { type: 'failed', run, attempt, error, outcome: 'unknown' },
    { type: 'refused', run, attempt, error: { ...error, rule: 'policy.yaml' } },
    { type: 'refused', batch, error },
    { type: 'too_late', run, attempt },
    {
      type: 'state',
      policy: batch,
      jobs: ['org.get'],
      connections: [{ name: 'main', state: 'ready' }],
      draining: false,
    },
    { type: 'leaving', runs: [run] },
    { type: 'started', run, feed: 'events', job: 'events.pull', connection: 'main' },
    { type: 'hello', body: '{}', proof: 'p'.repeat(86) },
    { type: 'challenge', plane: 'x', nonce: 'n'.repeat(43), time: 0, protocol: { min: 1, max: 1 } },
    ...(draw.chance(0.1) ? [{ type: 'goodbye' }] : []),
  ])
}
