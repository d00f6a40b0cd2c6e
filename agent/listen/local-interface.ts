// The doors of the agent on its own host: a Unix socket that is always there, and loopback ports where they are configured.
// Nothing else of the agent listens, and none of them can change what it does, but stop it; and it asks for one read.

import { chmodSync, mkdirSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { dirname } from 'node:path'
import { SallyportError } from '@sallyport/protocol/sallyport-error'
import type { Configuration } from '../configuration/configuration.ts'
import type { Log } from '../log.ts'
import { systemCode } from '../ports/files.ts'
import type { LeakGuard } from '../vault/leak-guard.ts'
import { answerTo, type Door, type LocalService } from './answer.ts'

export type LocalInterfaceOptions = {
  readonly service: LocalService
  readonly socketPath: string
  readonly listen: Configuration['listen']
  readonly guard: Pick<LeakGuard, 'contains'>
  readonly log: Log
}

const seconds = 1000
/** Whoever asks is on this host. Who holds a connection and says nothing, or reads nothing, is not to keep the others out. */
const patience = { headersTimeout: 2 * seconds, requestTimeout: 4 * seconds, connectionsCheckingInterval: seconds }

/** What the kernel takes for the address of a Unix socket. */
const socketPathBytes = 107

/**
 * Opens them all. Rejects with `configuration_invalid` where there is no such address or port for this user. Without the socket, or a
 * port that somebody else has, the agent works, and its log says so: anybody on the host can take a port before it starts.
 */
export async function openLocalInterface(options: LocalInterfaceOptions): Promise<AsyncDisposable> {
  const { listen, socketPath, log } = options
  await using opened = new AsyncDisposableStack()
  await openSocket(options)
    .then((server) => opened.use(server))
    .catch((error: unknown) => log.error('listen.failed', { path: socketPath, error }))
  for (const door of ['health', 'metrics'] as const) {
    const at = listen[door]
    const port = at === undefined ? undefined : await openPort(door, at, options)
    if (port !== undefined) opened.use(port)
  }
  return opened.move()
}

async function openSocket(options: LocalInterfaceOptions): Promise<AsyncDisposable> {
  const { socketPath } = options
  if (Buffer.byteLength(socketPath) > socketPathBytes) {
    throw new SallyportError(
      'configuration_invalid',
      `listen on ${socketPath}: the path is over ${socketPathBytes} bytes; use a state directory with a shorter one`,
    )
  }
  mkdirSync(dirname(socketPath), { recursive: true, mode: 0o700 })
  // One agent has the state directory, so that whoever left it there is gone.
  rmSync(socketPath, { force: true })
  const server = serve('local', options)
  // Whoever may open it may stop the agent, so that nobody else may at any moment.
  const opened = await listening(server, { path: socketPath, readableAll: false, writableAll: false })
  chmodSync(socketPath, 0o600)
  return opened
}

type Port = { readonly host: string; readonly port: number }

async function openPort(
  door: Door,
  { host, port }: Port,
  options: LocalInterfaceOptions,
): Promise<AsyncDisposable | undefined> {
  try {
    return await listening(serve(door, options), { host, port })
  } catch (cause) {
    if (systemCode(cause) === 'EADDRINUSE') {
      const means = 'another program has this port; end that and restart the agent, or name another port'
      options.log.error('listen.failed', { door, host, port, means })
      return undefined
    }
    throw new SallyportError(
      'configuration_invalid',
      `listen on ${host}:${port} for ${door}: ${systemCode(cause) ?? 'it failed'}; name another port in listen.${door}`,
      { cause },
    )
  }
}

async function listening(server: Server, at: Parameters<Server['listen']>[0]): Promise<AsyncDisposable> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  server.once('error', reject)
  server.listen(at, resolve)
  await promise
  return {
    [Symbol.asyncDispose]: async () => {
      server.close()
      server.closeAllConnections()
    },
  }
}

function serve(door: Door, { service, guard, log }: LocalInterfaceOptions): Server {
  const server = createServer({ ...patience, maxHeaderSize: 8192 }, (request, response) => {
    request.resume()
    const path = (request.url ?? '/').split('?')[0] ?? '/'
    const { method = 'GET', headers } = request
    const { status, type, body } = answerTo({ method, path, host: headers.host ?? '' }, door, service)
    const hit = guard.contains(body, 'frame')
    if (hit !== undefined) log.error('listen.leak_blocked', { door, path, secret: hit.name, encoding: hit.encoding })
    const fields = { 'content-type': type, 'cache-control': 'no-store', connection: 'close' }
    response.writeHead(hit === undefined ? status : 500, fields)
    response.end(hit === undefined ? body : undefined)
  })
  server.maxConnections = 32
  server.timeout = patience.requestTimeout
  return server
}
