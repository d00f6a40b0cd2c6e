// Owns how the simulator's own tests speak to it: plain fetch, nothing of the agent's client.

import type { JumpCloud } from '../jumpcloud/start.ts'

export interface Asked {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** `undefined` when the body is not JSON. */
  readonly json: unknown
  /** The rows of a v1 or a v2 list; empty for anything else. */
  readonly rows: readonly unknown[]
}

export interface Asking {
  readonly key?: string | null
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
}

/** `ask('POST /api/v2/usergroups', { body })`, signed with the administrator's key unless told otherwise. */
export async function ask(jumpcloud: JumpCloud, line: string, { key, headers, body }: Asking = {}): Promise<Asked> {
  const [method = 'GET', path = '/'] = line.split(' ')
  const secret = key === undefined ? jumpcloud.keys.administrator : key
  const answer = await fetch(`${jumpcloud.url}${path}`, {
    method,
    redirect: 'manual',
    headers: { ...(secret === null ? {} : { 'x-api-key': secret }), ...headers },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  })
  const text = await answer.text()
  const json: unknown = /^[[{]/.test(text) ? JSON.parse(text) : undefined
  return { status: answer.status, headers: answer.headers, text, json, rows: rowsOf(json) }
}

function rowsOf(json: unknown): readonly unknown[] {
  if (Array.isArray(json)) return json
  return typeof json === 'object' && json !== null && 'results' in json && Array.isArray(json.results)
    ? json.results
    : []
}
