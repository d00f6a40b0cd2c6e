// Owns how an answer becomes bytes: the headers that JumpCloud was recorded to send (JumpCloud reference 5.6 [R]),
// gzip when asked, and the broken deliveries.

import { createHash } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import { gzipSync } from 'node:zlib'
import type { Timers } from '../clock.ts'
import type { Answer } from './answer.ts'
import type { ReceivedRequest } from './receive.ts'
import { sendGiant } from './send-giant.ts'

interface Sending {
  readonly answer: Answer
  readonly request: ReceivedRequest
  readonly response: ServerResponse
  readonly timers: Timers
}

/** Resolves when the last byte was handed over, or at once when the connection was reset on purpose. */
export async function send({ answer, request, response, timers }: Sending): Promise<void> {
  const delivery = answer.delivery ?? { how: 'whole' }
  if (delivery.how === 'reset') {
    response.socket?.resetAndDestroy()
    return
  }
  const body = encode(answer, request)
  response.writeHead(answer.status, { ...edgeHeaders(request), ...body.headers, ...answer.headers })
  if (delivery.how === 'giant') return sendGiant(response, delivery.bytes)
  if (delivery.how === 'whole') {
    response.end(body.bytes)
    return
  }
  const half = body.bytes.subarray(0, Math.ceil(body.bytes.length / 2))
  await new Promise<void>((resolve) => response.write(half, () => resolve()))
  if (delivery.how === 'cut') {
    response.socket?.resetAndDestroy()
    return
  }
  await timers.wait(delivery.pauseMs)
  response.end(body.bytes.subarray(half.length))
}

interface EncodedBody {
  readonly bytes: Buffer
  readonly headers: Readonly<Record<string, string>>
}

function encode(answer: Answer, request: ReceivedRequest): EncodedBody {
  const content = answer.text?.content ?? (answer.json === undefined ? '' : JSON.stringify(answer.json))
  if (content === '') return { bytes: Buffer.alloc(0), headers: answer.status === 204 ? {} : { 'content-length': '0' } }
  const plain = Buffer.from(content)
  const zips = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')
  const bytes = zips ? gzipSync(plain) : plain
  const length: Record<string, string> =
    answer.delivery?.how === 'giant' ? {} : { 'content-length': String(bytes.length) }
  return {
    bytes,
    headers: {
      'content-type': answer.text?.type ?? 'application/json; charset=utf-8',
      etag: weakTag(plain),
      ...length,
      ...(zips && answer.delivery?.how !== 'giant' ? { 'content-encoding': 'gzip' } : {}),
    },
  }
}

function weakTag(bytes: Buffer): string {
  return `W/"${bytes.length.toString(16)}-${createHash('sha1').update(bytes).digest('base64').slice(0, 27)}"`
}

function edgeHeaders({ id }: ReceivedRequest): Record<string, string> {
  const ray = createHash('sha1').update(id).digest('hex').slice(0, 16)
  const serverMs = 20 + (Number.parseInt(ray.slice(0, 4), 16) % 25_000) / 1000
  return {
    'cf-cache-status': 'DYNAMIC',
    'cf-ray': `${ray}-FRA`,
    server: 'cloudflare',
    'strict-transport-security': 'max-age=31536000; includeSubDomains',
    vary: 'Accept-Encoding',
    'x-envoy-upstream-service-time': String(Math.round(serverMs)),
    'x-frame-options': 'DENY',
    'x-response-time': `${serverMs.toFixed(3)}ms`,
  }
}
