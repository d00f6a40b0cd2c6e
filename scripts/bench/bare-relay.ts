// What Sallyport is compared with: a relay as one writes it in an afternoon, both of its ends. No signatures, no policy, no
// journal, no leak check; what is under way when the connection is cut is lost.

import { once } from 'node:events'
import { request } from 'undici'
import { WebSocket, WebSocketServer } from 'ws'

type Fields = Readonly<Record<string, unknown>>

const groupFields = 'id name description email membershipMethod memberQueryExemptions memberQueryErrorFlags'.split(' ')
const userFields = (
  '_id username email firstname middlename lastname displayname description company department costCenter employeeType ' +
  'employeeIdentifier jobTitle location manager state activated suspended account_locked mfa mfaEnrollment ' +
  'enable_user_portal_multifactor totp_enabled password_expired password_never_expires password_expiration_date ' +
  'password_date externally_managed sudo admin created'
).split(' ')

const pick = (from: Fields, names: readonly string[]) => Object.fromEntries(names.map((name) => [name, from[name]]))
export const answerOf = (found: Fields & { readonly results?: readonly Fields[] }) =>
  found.results?.map((user) => pick(user, userFields)) ?? pick(found, groupFields)

export type FarSide = {
  readonly url: string
  /** Waits for a relay to come where there is none. */
  ask(path: string): Promise<unknown>
}

export async function startFarSide(): Promise<FarSide> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
  await once(server, 'listening')
  const waiting = new Map<number, (answer: unknown) => void>()
  const relay = Promise.withResolvers<WebSocket>()
  let lastId = 0
  server.on('connection', (socket) => {
    relay.resolve(socket)
    socket.on('close', () => Object.assign(relay, Promise.withResolvers()))
    socket.on('message', (data) => {
      const { id, answer } = JSON.parse(String(data))
      waiting.get(id)?.(answer)
      waiting.delete(id)
    })
  })
  const ask = async (path: string) => {
    const socket = await relay.promise
    lastId += 1
    socket.send(JSON.stringify({ id: lastId, path }))
    return new Promise((resolve) => waiting.set(lastId, resolve))
  }
  return { url: `ws://127.0.0.1:${Object(server.address()).port}`, ask }
}

export function startRelay(farSide: string, jumpcloud: string, key: string): void {
  const socket = new WebSocket(farSide, { perMessageDeflate: false })
  socket.on('message', async (data) => {
    const { id, path } = JSON.parse(String(data))
    const { body } = await request(`${jumpcloud}${path}`, { headers: { 'x-api-key': key } })
    socket.send(JSON.stringify({ id, answer: answerOf(Object(await body.json())) }))
  })
}
