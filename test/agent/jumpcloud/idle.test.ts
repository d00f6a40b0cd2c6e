import { once } from 'node:events'
import type { Socket } from 'node:net'
import { expect, test } from 'vitest'
import { connectJumpCloud, listGroups } from '../../support/connect-jumpcloud.ts'
import { startRawServer } from '../../support/raw-server.ts'

test('a connection that nobody uses is broken off in time, though the other end offers to keep it for hours', async () => {
  const used = Promise.withResolvers<Socket>()
  await using server = await startRawServer(({ socket }, response) => {
    used.resolve(socket)
    response.setHeader('keep-alive', 'timeout=7200').end('[]')
  })
  await using jumpcloud = connectJumpCloud({ url: server.url, idleMs: 1 })
  const brokenOff = used.promise.then((socket) => once(socket, 'error'))

  await listGroups(jumpcloud.lane('bulk'))

  expect(await brokenOff).toMatchObject([{ code: 'ECONNRESET' }])
})
