// Owns finding the route of a path. Routes have at most one `:id`.

import type { Answer } from './answer.ts'
import type { Call } from './call.ts'

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE'
  readonly path: string
  /** Any one of them is enough; none means that every good key may. */
  readonly scopes: readonly string[]
  /** What the route makes of `x-org-id`: `one` organisation, `many` at once, or it is `refused`. */
  readonly organization?: 'one' | 'many' | 'refused'
  readonly handle: (call: Call) => Answer
}

export interface Found {
  readonly route: Route
  readonly id: string
}

export type Router = (method: string, path: string) => Found | undefined

export function createRouter(routes: readonly Route[]): Router {
  const compiled = routes.map((route) => ({
    route,
    pattern: new RegExp(`^${route.path.replace(':id', '([^/]+)')}/?$`),
  }))
  return (method, path) => {
    for (const { route, pattern } of compiled) {
      const match = route.method === method ? pattern.exec(path) : null
      if (match !== null) return { route, id: match[1] ?? '' }
    }
    return undefined
  }
}
