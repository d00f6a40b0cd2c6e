import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { createConnector, type Destination } from '../../../agent/egress/connector.ts'
import { deadUrl, startRawServer } from '../../support/raw-server.ts'

function open(url: string): Promise<Socket> {
  const { protocol, hostname, port } = new URL(url)
  const destination: Destination = { protocol, hostname, port }
  return new Promise((resolve, reject) => {
    createConnector()(destination, (...[error, socket]) => (error === null ? resolve(socket) : reject(error)))
  })
}

test('opens a socket to where it is told', async () => {
  await using server = await startRawServer((_, response) => response.end())

  const socket = await open(server.url)

  expect(socket.remotePort).toBe(Number(new URL(server.url).port))
  socket.destroy()
})

test('says what went wrong where nobody listens', async () => {
  await expect(open(await deadUrl())).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('speaks TLS where the protocol says so, and never plain text instead', async () => {
  await using server = await startRawServer((_, response) => response.end())

  await expect(open(server.url.replace('http:', 'https:'))).rejects.toThrow()

  expect(server.requests).toEqual([])
})
