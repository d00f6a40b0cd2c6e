// What an API token may do: a scope for everything of its kind, or for one agent (`runs:write@acme`).

import { z } from 'zod'

export const scopeNames = ['agents:read', 'agents:write', 'runs:read', 'runs:write'] as const
export type ScopeName = (typeof scopeNames)[number]

export const scope = z
  .string()
  .regex(
    /^(agents|runs):(read|write)(@[a-z0-9][a-z0-9_-]{0,62})?$/,
    `a scope is one of ${scopeNames.join(', ')}, for one agent with @AGENT behind it`,
  )

/** Without an agent: whether the scopes let it through for some agent at least. `write` does not include `read`. */
export function hasScope(scopes: readonly string[], name: ScopeName, agent?: string): boolean {
  return scopes.some((held) =>
    agent === undefined ? held.split('@')[0] === name : held === name || held === `${name}@${agent}`,
  )
}
