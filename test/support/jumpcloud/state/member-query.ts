// Owns how a dynamic group's rule picks its members: v1 and v2 queries, filters ANDed (JumpCloud reference 7.3).

import { isJsonObject, type Json, type JsonObject, valueAt } from '../json.ts'

/** v2 names as they were seen; a field that is not here matches nobody (JumpCloud reference 7.3 [O]). */
const V2_FIELDS: Readonly<Record<string, string>> = {
  'user.email': 'email',
  'user.username': 'username',
  'user.user_department': 'department',
  'user.user_job_title': 'jobTitle',
  'user.user_location': 'location',
  'user.user_company': 'company',
  'user.employee_id': 'employeeIdentifier',
  'user.user_state': 'state',
}

export function matchesMemberQuery(user: JsonObject, memberQuery: Json): boolean {
  if (!isJsonObject(memberQuery) || !Array.isArray(memberQuery.filters)) return false
  const isV1 = typeof memberQuery.queryType === 'string'
  const filters: readonly Json[] = memberQuery.filters
  return filters.length > 0 && filters.every((filter) => isJsonObject(filter) && matchesFilter(user, filter, isV1))
}

function matchesFilter(user: JsonObject, filter: JsonObject, isV1: boolean): boolean {
  const name = String(filter.field)
  const field = isV1 ? name : V2_FIELDS[name]
  if (field === undefined) return false
  const found = valueAt(user, field)
  const wanted = Array.isArray(filter.value) ? filter.value : [filter.value]
  switch (filter.operator) {
    case 'eq':
    case 'equals':
    case 'in':
      return wanted.includes(found)
    case 'ne':
    case 'not_equals':
      return !wanted.includes(found)
    case 'contains':
      return wanted.some((part) => String(found ?? '').includes(String(part)))
    default:
      return false
  }
}
