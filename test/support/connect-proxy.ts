// A proxy on a real port that answers CONNECT as the test says. It keeps what it was asked, and goes on to where it was asked to.

import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

export type ConnectProxy = AsyncDisposable & {
  readonly port: number
  /** The head of each CONNECT. */
  readonly asked: readonly string[]
  /** What goes over the wire from now on in place of the proxy's own answer; undefined for its own, which is to go on. */
  answer: string | undefined
}

/** `answer`: nothing at all where it is empty. It closes after any but its own. */
export async function startConnectProxy(answer?: string): Promise<ConnectProxy> {
  const sockets = new Set<Socket>()
  const asked: string[] = []
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {}).on('close', () => sockets.delete(socket))
    let head = ''
    socket.on('data', function take(bytes: Buffer) {
      head += bytes.toString('latin1')
      if (!head.includes('\r\n\r\n')) return
      socket.off('data', take)
      asked.push(head)
      if (proxy.answer === undefined) goOn(socket, head)
      else if (proxy.answer !== '') socket.end(proxy.answer, 'latin1')
    })
  })
  const goOn = (socket: Socket, head: string) => {
    const [, host = '', port] = /^CONNECT \[?([^\]\s]+?)\]?:(\d+) /.exec(head) ?? []
    const far = connect({ host, port: Number(port) }, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      socket.pipe(far).pipe(socket)
    })
    sockets.add(far)
    far.on('error', () => socket.destroy()).on('close', () => sockets.delete(far))
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  const proxy = {
    port: typeof address === 'object' && address !== null ? address.port : 0,
    asked,
    answer,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      server.close()
      await once(server, 'close')
    },
  }
  return proxy
}
