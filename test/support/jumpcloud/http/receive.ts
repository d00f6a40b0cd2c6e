// Owns reading a whole request into one plain value.

import type { IncomingMessage } from 'node:http'

const MAX_BODY_BYTES = 5 * 1024 * 1024

export interface ReceivedRequest {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export async function receive(incoming: IncomingMessage, id: string): Promise<ReceivedRequest> {
  const url = new URL(incoming.url ?? '/', 'http://simulator')
  return {
    id,
    method: incoming.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: joinHeaders(incoming),
    body: await readBody(incoming),
  }
}

/** Repeated headers are joined with a comma, which is how Insights takes several `x-org-id`. */
function joinHeaders({ headersDistinct }: IncomingMessage): Record<string, string> {
  return Object.fromEntries(Object.entries(headersDistinct).map(([name, values = []]) => [name, values.join(', ')]))
}

async function readBody(incoming: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming) {
    const bytes = Buffer.from(chunk)
    size += bytes.length
    if (size > MAX_BODY_BYTES) throw new Error('simulator: the request body is over 5 MiB')
    chunks.push(bytes)
  }
  return Buffer.concat(chunks).toString('utf8')
}
