// The head of an answer that switches to WebSocket, for a test that writes what follows by itself.

import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

/** As RFC 6455, 4.2.2 has it; `headers` are lines, each with its end. */
export function switched(request: IncomingMessage, headers = 'sec-websocket-protocol: sallyport.v1\r\n'): string {
  const proof = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
  const accept = createHash('sha1').update(proof).digest('base64')
  const lines = ['HTTP/1.1 101 Switching Protocols', 'upgrade: websocket', 'connection: upgrade']
  return `${[...lines, `sec-websocket-accept: ${accept}`].join('\r\n')}\r\n${headers}\r\n`
}
