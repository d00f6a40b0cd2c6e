// Owns levers that answer in JumpCloud's place: too many requests, server errors, HTML, a redirect. Nothing is applied.

import { z } from 'zod'
import type { Answer } from '../http/answer.ts'
import { Condition, leverKind } from './lever.ts'

const page = (title: string): NonNullable<Answer['text']> => ({
  type: 'text/html; charset=UTF-8',
  content: `<!DOCTYPE html><html><head><title>${title}</title></head><body><h1>${title}</h1></body></html>`,
})

const TooManyRequests = Condition.extend({
  /** Seconds as a number; text is sent as it is, so an HTTP date or nonsense. Without it there is no header. */
  retryAfter: z.union([z.number(), z.string()]).optional(),
})

export const tooManyRequests = leverKind(TooManyRequests, ({ pull }, { retryAfter, ...condition }) =>
  pull(condition, async () => ({
    status: 429,
    json: { message: 'Too Many Requests' },
    ...(retryAfter === undefined ? {} : { headers: { 'retry-after': String(retryAfter) } }),
  })),
)

const ServerError = Condition.extend({
  status: z.union([z.literal(500), z.literal(502), z.literal(503), z.literal(504)]).default(503),
  /** The edge's HTML page; otherwise the proxy's line of text. */
  html: z.boolean().default(true),
  retryAfter: z.union([z.number(), z.string()]).optional(),
})

export const serverError = leverKind(ServerError, ({ pull }, { status, html, retryAfter, ...condition }) =>
  pull(condition, async () => ({
    status,
    text: html ? page(`${status} upstream`) : { type: 'text/plain', content: 'upstream connect error' },
    ...(retryAfter === undefined ? {} : { headers: { 'retry-after': String(retryAfter) } }),
  })),
)

export const answerHtml = leverKind(Condition, ({ pull }, condition) =>
  pull(condition, async () => ({ status: 200, text: page('JumpCloud Console') })),
)

export const redirect302 = leverKind(Condition.extend({ location: z.string().default('/login') }), (site, options) => {
  const { location, ...condition } = options
  return site.pull(condition, async () => ({ status: 302, headers: { location } }))
})

/** An organisation whose plan has no Directory Insights (JumpCloud reference 3 [S]); who may not even ask is told that first. */
export const planWithoutInsights = leverKind(Condition.omit({ path: true }), ({ pull }, condition) =>
  pull({ ...condition, path: '/insights/**' }, async (request, serve) => {
    const answer = await serve(request)
    if (answer.status === 401 || answer.status === 403) return answer
    return { status: 402, json: { message: 'Directory Insights is not enabled for this organization' } }
  }),
)

const Status = Condition.extend({ status: z.number().int().min(300).max(599), json: z.json().optional() })

/** Any other refusal, with a body of the test's choosing. */
export const answerStatus = leverKind(Status, ({ pull }, { status, json, ...condition }) =>
  pull(condition, async () => ({ status, json })),
)
