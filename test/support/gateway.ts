// A gateway on a real port, with its runs and enrolment, an empty store in memory, and time in the test's hand.

import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createEnrolment, type Enrolment } from '../../control-plane/enrolment/enrolment.ts'
import { createGateway, type Gateway } from '../../control-plane/gateway/gateway.ts'
import { createFileSigner } from '../../control-plane/keys/file-signer.ts'
import type { Signer } from '../../control-plane/keys/signer.ts'
import type { Log, LogFields } from '../../control-plane/ports/log.ts'
import { type Random, systemRandom } from '../../control-plane/ports/random.ts'
import { createRuns, type Runs } from '../../control-plane/runs/runs.ts'
import type { StreamLine } from '../../control-plane/runs/stream-line.ts'
import { openSqliteStore } from '../../control-plane/store/sqlite.ts'
import type { Store } from '../../control-plane/store/store.ts'
import { enrolmentBody, makePeerKey, type PeerIdentity } from './agent-peer.ts'
import { createFakeClock, type FakeClock } from './fake-clock.ts'

export type LogLine = { readonly event: string; readonly fields: LogFields }

export type GatewayUnderTest = AsyncDisposable & {
  readonly url: string
  readonly clock: FakeClock
  readonly store: Store
  readonly signer: Signer
  readonly random: Random
  readonly enrolment: Enrolment
  readonly runs: Runs
  readonly gateway: Gateway
  readonly log: readonly LogLine[]
  /** The file of the signing key. */
  readonly keyPath: string
  /** A new replica of the agent. */
  enrol(agent?: string): Promise<PeerIdentity>
  /** All lines of a run, to its end. */
  lines(run: string): Promise<readonly StreamLine[]>
}

type Levers = {
  readonly store?: Store
  readonly clock?: FakeClock
  /** In place of the key in a file. */
  readonly sign?: (honest: Signer) => Signer['sign']
}

export async function startGateway(levers: Levers = {}): Promise<GatewayUnderTest> {
  const { clock = createFakeClock(), store = await openSqliteStore({ path: ':memory:' }) } = levers
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-gateway-'))
  const keyPath = join(folder, 'signing.key')
  const fromFile = await createFileSigner({ path: keyPath, random: systemRandom, clock })
  const signer = levers.sign === undefined ? fromFile : { ...fromFile, sign: levers.sign(fromFile) }
  const log: LogLine[] = []
  const options = { store, signer, clock, random: systemRandom, log: recordTo(log) }
  const runs = createRuns(options)
  const enrolment = createEnrolment(options)
  const gateway = createGateway({ ...options, runs })

  const server = createServer()
  server.on('upgrade', (req, socket, head) => gateway.upgrade(req, socket, head) || socket.destroy())
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined

  return {
    url: `http://127.0.0.1:${port}`,
    ...options,
    keyPath,
    log,
    enrolment,
    runs,
    gateway,
    enrol: (agent = 'acme') => enrol(enrolment, agent),
    lines: async (run) => Array.fromAsync(runs.watch({ run })),
    async [Symbol.asyncDispose]() {
      const closed = gateway.close()
      await clock.advance(2000)
      await closed
      await runs.close()
      server.close()
      server.closeAllConnections()
      if (levers.store === undefined) await store.close()
      await rm(folder, { recursive: true })
    },
  }
}

async function enrol(enrolment: Enrolment, agent: string): Promise<PeerIdentity> {
  const { text } = await enrolment.createCode(agent)
  const { key, publicKey } = makePeerKey()
  const { replica } = await enrolment.enrol(enrolmentBody(text, publicKey))
  return { agent, replica, key, counter: 0 }
}

function recordTo(lines: LogLine[]): Log {
  const add = (event: string, fields: LogFields = {}) => void lines.push({ event, fields })
  return { info: add, warn: add, error: add }
}
