// Refuses bodies that are too large, before they are read where the request says how large they are.

import { SallyportError } from '@sallyport/protocol'
import type { MiddlewareHandler } from 'hono'

export function limitBody(maxBytes: number): MiddlewareHandler {
  return async (context, next) => {
    const { raw } = context.req
    if (raw.headers.has('transfer-encoding') && raw.body !== null) {
      const body = await readAtMost(raw.body, maxBytes)
      // Made anew from its parts: the request that came is of a class of the HTTP library, which `Request` takes no copy of.
      context.req.raw = new Request(raw.url, { method: raw.method, headers: raw.headers, body })
    } else if (Number(raw.headers.get('content-length') ?? 0) > maxBytes) {
      throw tooLarge(maxBytes)
    }
    await next()
  }
}

async function readAtMost(body: ReadableStream<Uint8Array>, maxBytes: number): Promise<Buffer<ArrayBuffer>> {
  const pieces: Uint8Array[] = []
  let byteCount = 0
  for await (const piece of body) {
    byteCount += piece.length
    if (byteCount > maxBytes) throw tooLarge(maxBytes)
    pieces.push(piece)
  }
  return Buffer.concat(pieces)
}

function tooLarge(maxBytes: number): SallyportError {
  return new SallyportError('body_too_large', `read the body: it is over ${maxBytes} bytes.`)
}
