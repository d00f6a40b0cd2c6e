// A call to JumpCloud before it is sent: what it is for, where it goes, what it carries.

import type { Effect } from '@sallyport/protocol/job-contract'

/** A path from a template and ids; no text from outside is ever glued into one. */
export type Route = {
  /** As JumpCloud documents it: `/api/v2/usergroups/{id}`. */
  readonly path: string
  /** For the placeholders in braces. */
  readonly ids?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string | number>>
}

export type Call = Route & {
  /** What is being done, for people: `list users`. It begins every error message. */
  readonly operation: string
  readonly effect: Effect
  readonly method: 'GET' | 'POST'
  /** `console` (if left out) for v1 and v2, `api` for Directory Insights. */
  readonly host?: 'console' | 'api'
  readonly body?: unknown
}

/** The path with every placeholder filled in and percent-encoded; throws `TypeError` for one that has no usable id. */
export function pathOf({ path, ids = {} }: Route): string {
  return path.replaceAll(/\{([^}]*)\}/g, (_, name: string) => {
    const id = Object.hasOwn(ids, name) ? ids[name] : undefined
    // Dots would not be encoded, and would climb out of the path.
    if (id === undefined || /^\.{0,2}$/.test(id)) throw new TypeError(`no usable id for {${name}} in ${path}`)
    return encodeURIComponent(id)
  })
}

/** The query with its question mark, or nothing where there is none. */
export function queryOf({ query = {} }: Route): string {
  const parameters = new URLSearchParams()
  for (const [key, value] of Object.entries(query)) parameters.set(key, String(value))
  const text = parameters.toString()
  return text === '' ? '' : `?${text}`
}

/** Method and path, as messages show them; the query may hold what a caller searched for and is left out. */
export function targetOf(call: Call): string {
  return `${call.method} ${pathOf(call)}`
}
