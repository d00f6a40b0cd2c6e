// Owns levers on what an otherwise good answer holds.

import { z } from 'zod'
import type { Answer } from '../http/answer.ts'
import { isJsonObject, type Json } from '../json.ts'
import { Condition, leverKind } from './lever.ts'

const MEBIBYTE = 1024 * 1024

const BadBody = Condition.extend({
  what: z.enum(['malformed', 'wrongRows', 'notAList', 'empty', 'giant', 'slow']),
  /** Of a giant body; default just over the 32 MiB that a client may accept (JumpCloud reference 19). */
  bytes: z
    .number()
    .int()
    .default(33 * MEBIBYTE),
  /** Between the two halves of a slow body, on the simulator's clock. */
  pauseMs: z.number().min(0).default(1000),
})
type BadBody = z.infer<typeof BadBody>

export const badBody = leverKind(BadBody, ({ pull }, options) => {
  const { what, bytes, pauseMs, ...condition } = options
  return pull(condition, async (request, serve) => spoil(await serve(request), options))
})

function spoil(answer: Answer, { what, bytes, pauseMs }: BadBody): Answer {
  switch (what) {
    case 'malformed': {
      const whole = JSON.stringify(answer.json ?? {})
      return { ...answer, text: { type: 'application/json', content: whole.slice(0, Math.ceil(whole.length / 2)) } }
    }
    case 'wrongRows':
      return { ...answer, json: withWrongRows(answer.json) }
    case 'notAList':
      return { ...answer, json: 'ok' }
    case 'empty':
      return { status: answer.status }
    case 'giant':
      return { ...answer, delivery: { how: 'giant', bytes } }
    case 'slow':
      return { ...answer, delivery: { how: 'slow', pauseMs } }
  }
}

/** The envelope stays right; in every row the members that a client must have are of other types. */
function withWrongRows(json: Json | undefined): Json {
  if (Array.isArray(json)) return json.map(wrongRow)
  if (!isJsonObject(json)) return 42
  const { results } = json
  return Array.isArray(results) ? { ...json, results: results.map(wrongRow) } : wrongRow(json)
}

function wrongRow(row: Json): Json {
  return { ...(isJsonObject(row) ? row : {}), id: 42, _id: 42, name: 7, username: ['x'], to: 'nowhere', paths: 'none' }
}
