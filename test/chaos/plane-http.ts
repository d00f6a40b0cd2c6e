// HTTP to a control plane that may be down, or go down meanwhile. Every request has a connection of its own.

import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import type { Activity } from './activity.ts'

type Caller = {
  readonly activity: Activity
  readonly token: string
  readonly port: () => number | undefined
}

export type Asked = {
  readonly method: string
  readonly path: string
  readonly body?: unknown
  /** The Idempotency-Key. */
  readonly key?: string
}

/** Undefined where no whole answer came: the request may have been taken all the same. */
export async function askOnce(
  caller: Caller,
  asked: Asked,
): Promise<{ readonly status: number; readonly text: string } | undefined> {
  const answered = answerTo(caller, asked)
  return await caller.activity.during(answered.catch(() => undefined))
}

/** The lines of an answer as they come; it ends where they do, whatever the reason. Leaving the loop closes the connection. */
export async function* openLines(caller: Caller, path: string): AsyncGenerator<string> {
  const sent = send(caller, { method: 'GET', path })
  if (sent === undefined) return
  try {
    const response = await head(sent)
    response.setEncoding('utf8')
    let rest = ''
    for await (const chunk of response) {
      caller.activity.touch()
      const lines = `${rest}${chunk}`.split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
  } catch {
    // As good as an answer that ended early: the reader comes back.
  } finally {
    sent.destroy()
  }
}

async function answerTo(caller: Caller, asked: Asked) {
  const sent = send(caller, asked)
  if (sent === undefined) return undefined
  const response = await head(sent)
  let text = ''
  for await (const chunk of response) text += String(chunk)
  return { status: response.statusCode ?? 0, text }
}

function send({ token, port }: Caller, { method, path, body, key }: Asked): ClientRequest | undefined {
  const there = port()
  if (there === undefined) return undefined
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    ...(key === undefined ? {} : { 'idempotency-key': key }),
  }
  const sent = request({ host: '127.0.0.1', port: there, method, path, headers, agent: false })
  sent.end(body === undefined ? undefined : JSON.stringify(body))
  return sent
}

function head(sent: ClientRequest): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    sent.once('response', resolve)
    sent.on('error', reject)
  })
}
