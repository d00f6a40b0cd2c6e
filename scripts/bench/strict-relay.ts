// The bare relay and the two dear things that are promised here, and nothing else: each order is signed, and what is asked and
// answered is committed to disk. It shows what of the distance to the bare relay is the price of the promises. What is ready
// in one turn shares a signature, a commit and a frame.

import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto'
import { once } from 'node:events'
import { DatabaseSync } from 'node:sqlite'
import { request } from 'undici'
import { WebSocket, WebSocketServer } from 'ws'
import { answerOf, type FarSide } from './bare-relay.ts'

type Keep = (entries: readonly (readonly [id: number, text: string])[]) => void

/** Durable when it returns. A later text of an id takes the place of an earlier one. */
function openStore(path: string): Keep {
  const store = new DatabaseSync(path)
  store.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL')
  store.exec('CREATE TABLE IF NOT EXISTS entries (id INTEGER PRIMARY KEY, text TEXT NOT NULL)')
  const put = store.prepare('REPLACE INTO entries VALUES (?, ?)')
  return (entries) => {
    store.exec('BEGIN IMMEDIATE')
    for (const entry of entries) put.run(...entry)
    store.exec('COMMIT')
  }
}

/** Gathers what is added in one turn of the event loop and hands it on together. */
function inTurns<Item>(handOn: (items: readonly Item[]) => void): (item: Item) => void {
  let items: Item[] = []
  return (item) => {
    items.push(item)
    if (items.length > 1) return
    setImmediate(() => {
      const ready = items
      items = []
      handOn(ready)
    })
  }
}

type Order = { readonly id: number; readonly path: string }
type Answered = { readonly id: number; readonly answer: unknown }

export async function startStrictFarSide(path: string): Promise<FarSide> {
  const keep = openStore(path)
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false })
  await once(server, 'listening')
  const waiting = new Map<number, (answer: unknown) => void>()
  const relay = Promise.withResolvers<WebSocket>()
  let lastId = 0
  server.on('connection', (socket) => {
    socket.send(publicKey.export({ format: 'pem', type: 'spki' }))
    relay.resolve(socket)
    socket.on('close', () => Object.assign(relay, Promise.withResolvers()))
    socket.on('message', (data) => {
      const answered: readonly Answered[] = JSON.parse(String(data))
      keep(answered.map(({ id, answer }) => [id, JSON.stringify(answer)]))
      for (const { id, answer } of answered) {
        waiting.get(id)?.(answer)
        waiting.delete(id)
      }
    })
  })
  const give = inTurns<Order>(async (orders) => {
    const socket = await relay.promise
    const text = JSON.stringify(orders)
    socket.send(JSON.stringify({ text, signature: sign(null, Buffer.from(text), privateKey).toString('base64') }))
    keep(orders.map((order) => [order.id, order.path]))
  })
  const ask = (path: string) => {
    lastId += 1
    const id = lastId
    give({ id, path })
    return new Promise((resolve) => waiting.set(id, resolve))
  }
  return { url: `ws://127.0.0.1:${Object(server.address()).port}`, ask }
}

export type StrictRelay = {
  readonly farSide: string
  readonly jumpcloud: string
  readonly key: string
  readonly path: string
}

export function startStrictRelay({ farSide, jumpcloud, key, path }: StrictRelay): void {
  const keep = openStore(path)
  const socket = new WebSocket(farSide, { perMessageDeflate: false })
  const tell = inTurns<Answered>((answered) => {
    // One group can be asked for again; a page of a listing is kept until it is stored at the other end.
    const pages = answered.filter(({ answer }) => Array.isArray(answer))
    if (pages.length > 0) keep(pages.map(({ id, answer }) => [id, JSON.stringify(answer)]))
    socket.send(JSON.stringify(answered))
  })
  socket.once('message', (pem) => {
    const publicKey = createPublicKey(String(pem))
    socket.on('message', (data) => {
      const { text, signature } = JSON.parse(String(data))
      if (!verify(null, Buffer.from(text), publicKey, Buffer.from(signature, 'base64')))
        throw new Error('a forged order')
      for (const { id, path } of JSON.parse(text)) {
        void request(`${jumpcloud}${path}`, { headers: { 'x-api-key': key } }).then(async ({ body }) =>
          tell({ id, answer: answerOf(Object(await body.json())) }),
        )
      }
    })
  })
}
