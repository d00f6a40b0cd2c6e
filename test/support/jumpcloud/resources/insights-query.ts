// Owns what an Insights request may say and what is wrong with it (JumpCloud reference 16.1 [S]).

import { z } from 'zod'
import { refuse } from '../http/answer.ts'
import { bodyOf, type Call } from '../http/call.ts'
import type { Json } from '../json.ts'

/** The schema's list (reference 16.3 [S]) and `radius`' neighbours that are seen in answers. */
export const SERVICES: readonly string[] = [
  ...['all', 'directory', 'sso', 'radius', 'ldap', 'systems', 'mdm', 'software', 'password_manager', 'password_vault'],
  ...['object_storage', 'saas_app_management', 'access_management', 'asset_management', 'alerts', 'notifications'],
  ...['reports', 'workflows', 'genai', 'aigw', 'ai_admin', 'generic_di'],
]

/** Everything is optional here, so that each mistake gets its own message instead of the general one. */
const InsightsBody = z.object({
  service: z.array(z.string()).optional(),
  start_time: z.json().optional(),
  end_time: z.json().optional(),
  limit: z.json().optional(),
  sort: z.json().optional(),
  skip: z.json().optional(),
  search_after: z.json().optional(),
  fields: z.array(z.string()).optional(),
  search_term: z.json().optional(),
  q: z.string().optional(),
  field: z.string().optional(),
  interval_unit: z.string().optional(),
  interval_value: z.string().optional(),
})
export type InsightsBody = z.infer<typeof InsightsBody>

export interface InsightsQuery {
  readonly body: InsightsBody
  readonly services: readonly string[]
  readonly startAt: number
  /** Inclusive. */
  readonly endAt: number
  readonly limit: number
  readonly skip: number
  readonly sort: 'ASC' | 'DESC'
  readonly searchAfter: readonly [at: number, id: string] | undefined
}

const bad = (message: string) => refuse(400, { message })

export function parseInsightsQuery(call: Call): InsightsQuery {
  const body = bodyOf(call, InsightsBody)
  const now = call.world.now()
  const startAt = instantOf(body.start_time, 'start_time')
  const endAt = body.end_time === undefined ? now : instantOf(body.end_time, 'end_time')
  if (startAt > now) throw bad('start_time is in the future')
  if (startAt >= endAt) throw bad(`Start Time not after End Time ${body.start_time} > ${body.end_time}`)
  return {
    body,
    services: servicesOf(body),
    startAt,
    endAt,
    limit: limitOf(body.limit, call.world.dialect.insightsPageLimit),
    skip: typeof body.skip === 'number' && body.skip > 0 ? body.skip : 0,
    sort: /^desc$/i.test(String(body.sort)) ? 'DESC' : 'ASC',
    searchAfter: searchAfterOf(body.search_after),
  }
}

function servicesOf({ service = [] }: InsightsBody): readonly string[] {
  const unknown = service.filter((name) => !SERVICES.includes(name))
  if (service.length > 0 && unknown.length === 0) return service
  throw bad(`unknown service ${unknown.join(', ') || '(none given)'}; supported services: ${SERVICES.join(', ')}`)
}

const RFC_3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/

function instantOf(text: Json | undefined, name: string): number {
  if (typeof text !== 'string' || !RFC_3339.test(text) || Number.isNaN(Date.parse(text))) {
    throw bad(`${name} is missing or is not an RFC 3339 time`)
  }
  return Date.parse(text)
}

/** A limit that makes no sense silently becomes 1000; a larger one than allowed is capped (`X-Limit` tells). */
function limitOf(limit: Json | undefined, most: number): number {
  const asked = typeof limit === 'number' && Number.isInteger(limit) && limit > 0 ? limit : 1000
  return Math.min(asked, most)
}

function searchAfterOf(value: Json | undefined): InsightsQuery['searchAfter'] {
  if (value === undefined || value === null) return undefined
  const [at, id] = Array.isArray(value) ? value : []
  if (at === undefined || id === undefined || Number.isNaN(Number(at))) throw bad('search_after is not [time, id]')
  return [Number(at), String(id)]
}
