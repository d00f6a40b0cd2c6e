import { once } from 'node:events'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { openPeer } from '../../support/agent-peer.ts'
import { startGateway } from '../../support/gateway.ts'

async function knock(url: string) {
  const socket = new WebSocket(`${url.replace(/^http/, 'ws')}/v1/session`, ['sallyport.v1'])
  const closed = once(socket, 'close')
  socket.on('error', () => {})
  await once(socket, 'message')
  return { socket, closed }
}

test('cuts off who has waited longest when too many wait, and a replica gets in all the same', async () => {
  await using plane = await startGateway()
  const identity = await plane.enrol()
  const first = await knock(plane.url)
  const others = []
  for (let count = 1; count < 512; count += 1) others.push(await knock(plane.url))
  expect(first.socket.readyState).toBe(WebSocket.OPEN)

  await using peer = await openPeer(plane.url, identity)
  const [code] = await first.closed

  expect(code).toBe(1006)
  expect(plane.gateway.sessions()).toHaveLength(1)
  expect(others.filter(({ socket }) => socket.readyState !== WebSocket.OPEN)).toEqual([])
  for (const { socket } of others) socket.terminate()
  peer.close()
})

test('takes no more from a stranger than a hello could be', async () => {
  await using plane = await startGateway()
  const { socket, closed } = await knock(plane.url)

  socket.send('x'.repeat(3 * 1024 * 1024))

  expect((await closed)[0]).toBe(1006)
})

test('a session may say more than a stranger', async () => {
  await using plane = await startGateway()
  await using peer = await openPeer(plane.url, await plane.enrol())

  for (let count = 0; count < 4; count += 1) peer.send({ type: 'weather', sky: 'x'.repeat(500_000) })
  peer.send({ type: 'goodbye' })

  expect((await peer.closed).code).toBe(4416)
})
