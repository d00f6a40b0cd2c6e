// Owns Directory Insights: events by window and cursor, and their count, intervals and distinct values (JumpCloud reference 16).

import { type Answer, ok, refuse } from '../http/answer.ts'
import type { Call } from '../http/call.ts'
import type { Route } from '../http/router.ts'
import { isJsonObject, type Json, type JsonObject, valueAt } from '../json.ts'
import type { InsightsEvent, LoggedEvent } from '../state/event-log.ts'
import { type InsightsQuery, parseInsightsQuery } from './insights-query.ts'
import { matchesSearchTerm, matchesText } from './search-term.ts'

const BASE = '/insights/directory/v1/events'

export const insightsRoutes: readonly Route[] = [
  route('', listEvents),
  route('/count', (found) => ok({ count: found.length })),
  route('/interval', countByInterval),
  route('/distinct', countDistinct),
]

type View = (found: readonly LoggedEvent[], query: InsightsQuery, call: Call) => Answer

function route(path: string, view: View): Route {
  return {
    method: 'POST',
    path: `${BASE}${path}`,
    scopes: ['directoryinsights.readonly'],
    organization: 'many',
    handle: (call) => {
      requireEntitlement(call)
      const query = parseInsightsQuery(call)
      return view(find(call, query), query, call)
    },
  }
}

function requireEntitlement({ tenants }: Call): void {
  if (tenants.every(({ directoryInsights }) => directoryInsights)) return
  throw refuse(402, { message: 'Directory Insights is not enabled for your organization' })
}

/** Everything that is visible by now and fits the query, oldest first, before any paging. */
function find({ tenants, world }: Call, { services, startAt, endAt, body }: InsightsQuery): readonly LoggedEvent[] {
  const now = world.now()
  const found = tenants
    .flatMap(({ events }) => events.all)
    .filter(
      ({ event, happenedAt, visibleAt }) =>
        visibleAt <= now &&
        happenedAt >= startAt &&
        happenedAt <= endAt &&
        (services.includes('all') || services.includes(event.service)) &&
        matchesSearchTerm(event, body.search_term) &&
        matchesText(event, body.q),
    )
  return tenants.length === 1 ? found : found.sort(compareEntries)
}

function compareEntries(left: LoggedEvent, right: LoggedEvent): number {
  if (left.happenedAt !== right.happenedAt) return left.happenedAt - right.happenedAt
  return left.event.id < right.event.id ? -1 : 1
}

function listEvents(found: readonly LoggedEvent[], query: InsightsQuery, call: Call): Answer {
  const { sort, limit, skip, searchAfter } = query
  const ordered = sort === 'ASC' ? found : found.toReversed()
  const rest = searchAfter === undefined ? ordered : ordered.filter((entry) => comesAfter(entry, searchAfter, sort))
  const page = rest.slice(skip, skip + limit)
  const last = page.at(-1)
  const cursor = last === undefined ? (searchAfter ?? []) : [last.happenedAt, last.event.id]
  return {
    status: 200,
    json: project(
      page.map(({ event }) => event),
      query.body.fields,
    ),
    headers: {
      'X-Result-Count': String(page.length),
      'X-Limit': String(limit),
      'X-Sort': sort,
      'X-Search_after': JSON.stringify(cursor),
      'X-Request-Id': call.request.id,
    },
  }
}

function comesAfter(entry: LoggedEvent, [at, id]: readonly [number, string], sort: 'ASC' | 'DESC'): boolean {
  const order = entry.happenedAt === at ? Math.sign(Number(entry.event.id > id) - Number(entry.event.id < id)) : 0
  const distance = entry.happenedAt - at || order
  return sort === 'ASC' ? distance > 0 : distance < 0
}

/** Members that some event has; asking only for others is a mistake. */
const KNOWN_FIELDS: readonly string[] = [
  ...['id', 'event_type', 'service', 'timestamp', 'organization', 'client_ip', 'geoip', 'initiated_by', 'success'],
  ...['provider', 'useragent', 'changes', 'resource', 'auth_method', 'association', 'application', 'error_message'],
  ...['sso_token_success', 'mfa', 'auth_type', '@version'],
]

function project(events: readonly InsightsEvent[], fields: readonly string[] | undefined): Json {
  if (fields === undefined) return events
  const known = fields.filter((field) => KNOWN_FIELDS.includes(field.split('.')[0] ?? ''))
  if (known.length === 0) throw refuse(400, { message: 'fields names nothing that an event has' })
  return events.map((event) => known.reduce((row, field) => withField(row, event, field), {}))
}

function withField(row: JsonObject, source: Json | undefined, field: string): JsonObject {
  const [head = '', ...rest] = field.split('.')
  const value = isJsonObject(source) ? source[head] : undefined
  if (value === undefined) return row
  const before = row[head]
  const inner = rest.length === 0 ? value : withField(isJsonObject(before) ? before : {}, value, rest.join('.'))
  return { ...row, [head]: inner }
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 }

/** Only buckets that hold something are listed. */
function countByInterval(found: readonly LoggedEvent[], { body }: InsightsQuery): Answer {
  const unitMs = UNIT_MS[body.interval_unit ?? '']
  if (unitMs === undefined) throw refuse(400, { message: 'interval_unit is not one of s, m, h, d, w' })
  const widthMs = unitMs * Math.max(1, Number(body.interval_value ?? 1) || 1)
  const counts = tally(found.map(({ happenedAt }) => Math.floor(happenedAt / widthMs) * widthMs))
  const buckets = [...counts].map(([key, count]) => ({
    key,
    key_as_string: new Date(key).toISOString(),
    doc_count: count,
  }))
  return ok({ buckets })
}

/** The specification and what JumpCloud's own client sees differ (reference 16.1 CONFLICT); the dialect decides. */
function countDistinct(found: readonly LoggedEvent[], { body }: InsightsQuery, { world }: Call): Answer {
  const { field } = body
  if (field === undefined) throw refuse(400, { message: 'field is required' })
  const values = found
    .map(({ event }) => valueAt(event, field))
    .filter((value) => value !== undefined && value !== null)
  const buckets = [...tally(values.map(String))].map(([key, count]) => ({ key: key.toLowerCase(), doc_count: count }))
  if (world.dialect.distinctShape === 'live') return ok({ [field]: buckets })
  return ok({ buckets, doc_count_error_upper_bound: 0, sum_other_doc_count: 0 })
}

function tally<Key>(keys: readonly Key[]): ReadonlyMap<Key, number> {
  const counts = new Map<Key, number>()
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1)
  return counts
}
