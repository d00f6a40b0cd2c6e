// The server on top of the library: state directory, listening socket, and stopping in order.

import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile } from 'node:fs/promises'
import { createServer as createHttpServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { SallyportError } from '@sallyport/protocol'
import type { Configuration } from './configuration.ts'
import { type ControlPlane, createControlPlane } from './control-plane.ts'
import { toErrorAnswer } from './http/error-answer.ts'
import { createFileSigner } from './keys/file-signer.ts'
import { readOrMakePagesKey } from './keys/pages-key.ts'
import type { Clock } from './ports/clock.ts'
import type { Log } from './ports/log.ts'
import type { Random } from './ports/random.ts'
import { createPageSeal } from './store/page-seal.ts'
import { startPurge } from './store/purge.ts'
import { beSoleServer } from './store/sole-server.ts'
import { openSqliteStore } from './store/sqlite.ts'

export type ServerPorts = { readonly clock: Clock; readonly random: Random; readonly log: Log }

/** Stops when disposed: agents are told to come back, sessions and streams end, the store is closed. */
export type RunningServer = AsyncDisposable & { readonly url: string }

/** Throws `configuration_invalid` where the files cannot be used or the address is taken. */
export async function startServer(configuration: Configuration, ports: ServerPorts): Promise<RunningServer> {
  await using parts = new AsyncDisposableStack()
  const server = await createServer(configuration)
  const { store, signer } = await openState(configuration.state, ports)
  parts.defer(() => store.close())
  parts.use(await beSoleServer(join(configuration.state, 'server.lock')))
  parts.use(startPurge({ store, keep: configuration.keep, ...ports }))
  const plane = createControlPlane({ store, signer, ...ports })
  const sockets = socketsOf(server)
  parts.defer(() => stop(server, plane, sockets))

  server.on('request', (req: IncomingMessage, res: ServerResponse) => {
    if (!plane.handle(req, res)) answerUnknown(req, res)
  })
  server.on('upgrade', (req, socket, head) => {
    if (!plane.upgrade(req, socket, head)) socket.destroy()
  })
  const url = await listen(server, configuration)
  ports.log.info('plane.listening', { url, plane: signer.plane })

  const running = parts.move()
  return { url, [Symbol.asyncDispose]: () => running.disposeAsync() }
}

/** The store and the signing key in a directory that is for its owner alone; both are made where they are new. */
export async function openState(directory: string, ports: Pick<ServerPorts, 'random' | 'clock'>) {
  const [key, store] = [join(directory, 'signing.key'), join(directory, 'store.db')]
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    await chmod(directory, 0o700)
    if (existsSync(store) && !existsSync(key)) {
      const why = 'it is gone, and no agent of this store would believe another. Restore it from a back-up.'
      throw new SallyportError('configuration_invalid', `load the signing key ${key}: ${why}`)
    }
    const signer = await createFileSigner({ path: key, ...ports })
    const seal = createPageSeal(await readOrMakePagesKey(join(directory, 'pages.key'), ports.random), ports.random)
    return { signer, store: await openSqliteStore({ path: store, seal }) }
  } catch (cause) {
    if (cause instanceof SallyportError) throw cause
    const why = cause instanceof Error ? cause.message : 'failed'
    const message = `open the state directory ${directory}: ${why}. Name another with --state, or let this user own it.`
    throw new SallyportError('configuration_invalid', message, { cause })
  }
}

const reception = {
  // Bodies are small. A peer that trickles one in keeps its socket no longer than this.
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  // Some HTTP clients offer HTTP/2 in passing; they are answered as if they had not.
  shouldUpgradeCallback: ({ headers }: IncomingMessage) => headers.upgrade?.toLowerCase() === 'websocket',
}

async function createServer({ tls }: Configuration): Promise<Server> {
  if (tls === undefined) return createHttpServer(reception)
  const read = (file: string) =>
    readFile(file).catch((cause: unknown) => {
      throw new SallyportError('configuration_invalid', `read the TLS file ${file}: it cannot be read.`, { cause })
    })
  const cert = await read(tls.cert)
  const key = await read(tls.key)
  try {
    return createHttpsServer({ ...reception, cert, key })
  } catch (cause) {
    const message = `read the TLS files ${tls.cert} and ${tls.key}: they are not a certificate chain and its private key, both PEM, without a passphrase.`
    throw new SallyportError('configuration_invalid', message, { cause })
  }
}

async function listen(server: Server, { listen: { host, port }, tls }: Configuration): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(port, host, resolve)
  await promise.catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown reason'
    const message = `listen at ${host}:${port}: ${unusable[code] ?? `the address cannot be used (${code}).`}`
    throw new SallyportError('configuration_invalid', message, { cause })
  })
  server.off('error', reject)
  const address = server.address()
  const taken = typeof address === 'object' && address !== null ? address.port : port
  return `${tls === undefined ? 'http' : 'https'}://${host.includes(':') ? `[${host}]` : host}:${taken}`
}

const unusable: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program has the address. Is another control plane running?',
  EADDRNOTAVAIL: 'this host has no such address. Name one of its own in listen.host.',
  EACCES: 'this user may not take the port. Name one from 1024 on in listen.port.',
}

/** All that are open: also those that are in a TLS handshake, or were taken out of HTTP by an upgrade. */
function socketsOf(server: Server): ReadonlySet<Socket> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  return sockets
}

/** Takes nothing new, then ends what is open: a socket that stays open would keep the server waiting. */
async function stop(server: Server, plane: ControlPlane, sockets: ReadonlySet<Socket>): Promise<void> {
  const { promise: ended, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  await plane.close()
  for (const socket of sockets) socket.destroy()
  await ended
}

function answerUnknown(req: IncomingMessage, res: ServerResponse): void {
  const error = new SallyportError('route_unknown', `${req.method} ${req.url}: there is nothing at this address.`)
  const { status, body } = toErrorAnswer(error)
  res.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
