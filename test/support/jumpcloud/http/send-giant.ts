// Owns an answer that is larger than any client should accept: a well-formed JSON array that goes on and on.

import { once } from 'node:events'
import type { ServerResponse } from 'node:http'

const ROW = `${JSON.stringify({ id: '0'.repeat(24), name: 'x'.repeat(1000), type: 'user_group' })},`
const CHUNK = ROW.repeat(64)

/** Streams at least `bytes`, waits for the reader, and stops early when the reader has gone. */
export async function sendGiant(response: ServerResponse, bytes: number): Promise<void> {
  const gone = new AbortController()
  response.once('close', () => gone.abort())
  response.write('[')
  for (let sent = 0; sent < bytes && !gone.signal.aborted; sent += CHUNK.length) {
    if (response.write(CHUNK)) continue
    await once(response, 'drain', { signal: gone.signal }).catch(() => gone.abort())
  }
  if (!gone.signal.aborted) response.end(`${ROW.slice(0, -1)}]`)
}
