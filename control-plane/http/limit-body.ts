// Refuses bodies that are too large, before they are read where the request says how large they are.

import { SallyportError } from '@sallyport/protocol'
import type { MiddlewareHandler } from 'hono'
import { bodyLimit } from 'hono/body-limit'

export function limitBody(maxBytes: number): MiddlewareHandler {
  const tooLarge = (): never => {
    throw new SallyportError('body_too_large', `read the body: it is over ${maxBytes} bytes.`)
  }
  // It counts bytes, and makes the slow form of the request for that: it is left to bodies that do not say their length.
  const counting = bodyLimit({ maxSize: maxBytes, onError: tooLarge })
  return async (context, next) => {
    if (context.req.header('transfer-encoding') !== undefined) return counting(context, next)
    if (Number(context.req.header('content-length') ?? 0) > maxBytes) tooLarge()
    await next()
  }
}
