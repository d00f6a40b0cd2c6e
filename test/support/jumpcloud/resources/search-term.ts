// Owns `search_term` and `q`: nested and/or/not of field matches (JumpCloud reference 16.2 [S]).
// Values are stored in lower case, so a search with capitals finds nothing.

import { isJsonObject, type Json, type JsonObject, valueAt } from '../json.ts'

const UNSEARCHABLE: readonly string[] = ['changes', 'useragent', 'system_timestamp']

export function matchesSearchTerm(event: JsonObject, term: Json | undefined): boolean {
  if (!isJsonObject(term)) return true
  return Object.entries(term).every(([word, value]) => matchesWord(event, word, value))
}

function matchesWord(event: JsonObject, word: string, value: Json | undefined): boolean {
  const parts: readonly Json[] = Array.isArray(value) ? value : [value ?? null]
  const matches = (part: Json): boolean => isJsonObject(part) && matchesPart(event, part)
  if (word === 'and') return parts.every(matches)
  if (word === 'or') return parts.some(matches)
  return word === 'not' ? !parts.some(matches) : matchesField(event, word, parts)
}

function matchesPart(event: JsonObject, part: JsonObject): boolean {
  if (typeof part.field !== 'string') return matchesSearchTerm(event, part)
  const wanted = Array.isArray(part.value) ? part.value : [part.value ?? null]
  const found = stored(valueAt(event, part.field))
  switch (part.operator ?? 'eq') {
    case 'eq':
    case 'in':
      return matchesField(event, part.field, wanted)
    case 'ne':
    case 'not_in':
      return !matchesField(event, part.field, wanted)
    case 'contains':
      return wanted.some((value) => found.includes(String(value)))
    case 'startsWith':
      return wanted.some((value) => found.startsWith(String(value)))
    default:
      return wanted.some((value) => found.endsWith(String(value)))
  }
}

function matchesField(event: JsonObject, field: string, wanted: readonly (Json | undefined)[]): boolean {
  if (UNSEARCHABLE.includes(field.split('.')[0] ?? '')) return false
  const found = valueAt(event, field)
  return found !== undefined && wanted.some((value) => stored(found) === String(value))
}

const stored = (value: Json | undefined): string => String(value ?? '').toLowerCase()

/** Full text over the searchable part of an event. */
export function matchesText(event: JsonObject, q: string | undefined): boolean {
  if (q === undefined || q === '') return true
  const searchable = Object.fromEntries(Object.entries(event).filter(([name]) => !UNSEARCHABLE.includes(name)))
  return JSON.stringify(searchable).toLowerCase().includes(q)
}
