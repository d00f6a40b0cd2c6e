// The client of a control plane that runs elsewhere.

import { type AgentClient, createAgentClient } from './client/agent-client.ts'
import { createHttpTransport, type HttpTransportOptions } from './client/http-transport.ts'

export type { AgentClient, JobParams, JobRow, RunOptions } from './client/agent-client.ts'
export type { Done, JobRun } from './client/job-run.ts'
export { RunFailed } from './client/run-failed.ts'

export type Client = { agent(name: string): AgentClient }

/**
 * `createClient({ url, token }).agent('acme').run('groups.list', {})` is an async iterable of typed rows, with `done` for how
 * it ended. The token needs the scopes `runs:write` and `runs:read`, for that agent at least.
 */
export function createClient(options: HttpTransportOptions): Client {
  const transport = createHttpTransport(options)
  return { agent: (name) => createAgentClient(transport, name) }
}
