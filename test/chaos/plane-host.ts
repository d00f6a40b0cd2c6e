// The host of the control plane: the library on a real HTTP server and a store in a file, by virtual time. It can be stopped,
// and it can crash: then nothing that the dead one still does reaches a socket or the files of the next.

import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { type ControlPlane, createControlPlane } from '../../control-plane/control-plane.ts'
import { createFileSigner } from '../../control-plane/keys/file-signer.ts'
import { systemRandom } from '../../control-plane/ports/random.ts'
import { openSqliteStore } from '../../control-plane/store/sqlite.ts'
import type { Store } from '../../control-plane/store/store.ts'
import type { HostLog } from './host-log.ts'
import { reset } from './reset.ts'
import { createStateDirectory, type StateDirectory } from './state-directory.ts'
import type { HostClock, VirtualClock } from './virtual-clock.ts'
import { witnessed } from './witness.ts'

export type PlaneHost = AsyncDisposable & {
  /** Undefined while it is down. */
  port(): number | undefined
  /** Throws while it is down. */
  running(): RunningPlane
  start(): Promise<void>
  /** As SIGTERM does it. */
  stop(): Promise<void>
  crash(): void
  jump(ms: number): void
  /** Of those that were stopped, how long each timer was set for that was not called off. */
  leftTimersMs(): readonly number[]
}

export type RunningPlane = { readonly plane: ControlPlane; readonly store: Store; readonly clock: HostClock }

export type PlaneHostOptions = {
  readonly folder: string
  readonly clock: VirtualClock
  readonly log: HostLog
  /** A run was stored as final, in the files that the next process goes on from. */
  readonly onFinal: (run: string) => void
}

type Process = RunningPlane & {
  readonly server: Server
  readonly sockets: ReadonlySet<Socket>
  readonly port: number
  readonly log: ReturnType<HostLog['plane']>
  readonly closeStore: () => Promise<void>
}

export async function createPlaneHost(options: PlaneHostOptions): Promise<PlaneHost> {
  const state = createStateDirectory(options.folder, 'plane')
  const dead: Process[] = []
  const left: number[] = []
  let current: Process | undefined
  let starting: Promise<void> | undefined
  let jumpedMs = 0

  const begin = async () => {
    if (current !== undefined) return
    const begun = await startProcess(options, state)
    begun.clock.jump(jumpedMs)
    current = begun
  }
  const crash = () => {
    if (current === undefined) return
    const { clock, log, server, sockets } = current
    state.abandon()
    clock.freeze()
    log.mute()
    for (const socket of sockets) reset(socket)
    server.close()
    dead.push(current)
    current = undefined
  }
  const stop = async () => {
    const stopping = current
    current = undefined
    if (stopping === undefined) return
    await end(stopping)
    left.push(...stopping.clock.timersMs())
  }

  return {
    port: () => current?.port,
    running: () => current ?? down(),
    start: () => {
      starting ??= begin().finally(() => {
        starting = undefined
      })
      return starting
    },
    stop,
    crash,
    leftTimersMs: () => left,
    jump: (ms) => {
      jumpedMs += ms
      current?.clock.jump(ms)
    },
    [Symbol.asyncDispose]: async () => {
      await stop()
      for (const { plane, closeStore } of dead) {
        // It never ends, but its signals are aborted: Node keeps those that somebody listens to.
        void plane.close()
        await closeStore()
      }
    },
  }
}

async function startProcess({ clock, log, onFinal }: PlaneHostOptions, state: StateDirectory): Promise<Process> {
  const directory = state.path
  const [hostClock, hostLog] = [clock.host(), log.plane()]
  const signer = await createFileSigner({ path: join(directory, 'signing.key'), random: systemRandom })
  const file = await openSqliteStore({ path: join(directory, 'store.db') })
  const store = witnessed(file, (run) => void (directory === state.path && onFinal(run)))
  const plane = createControlPlane({ store, signer, clock: hostClock, log: hostLog })
  const server = createServer((req, res) => plane.handle(req, res) || res.writeHead(404).end())
  server.on('upgrade', (req, socket, head) => plane.upgrade(req, socket, head) || socket.destroy())
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return { plane, store, clock: hostClock, log: hostLog, server, sockets, port, closeStore: file.close }
}

async function end({ plane, server, sockets, closeStore }: Process): Promise<void> {
  const ended = once(server, 'close')
  server.close()
  await plane.close()
  for (const socket of sockets) socket.destroy()
  await ended
  await closeStore()
}

function down(): never {
  throw new Error('the control plane is down')
}
