import { once } from 'node:events'
import { mkdtempDisposable } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { askAgent } from '../../../agent/listen/ask.ts'

/** Something that listens where an agent would. */
async function startImpostor(answer: (response: ServerResponse) => void) {
  const directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-ask-'))
  const socketPath = join(directory.path, 'sallyport.sock')
  const server = createServer((_, response) => answer(response)).listen(socketPath)
  await once(server, 'listening')
  return {
    socketPath,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections()
      server.close()
      await directory.remove()
    },
  }
}

test('gives up on an answer without an end, so that the memory of who asks is not filled', async () => {
  let sentBytes = 0
  const endless = (response: ServerResponse) => {
    const chunk = 'x'.repeat(65_536)
    while (response.write(chunk)) sentBytes += chunk.length
    response.once('drain', () => endless(response))
  }
  await using impostor = await startImpostor(endless)

  const asked = askAgent(impostor.socketPath, 'GET', '/status')

  await expect(asked).rejects.toMatchObject({
    code: 'agent_unreachable',
    message: expect.stringContaining('its answer is over 8 MiB'),
  })
  expect(sentBytes).toBeLessThan(32 * 1024 * 1024)
})

test('says of an answer that is no JSON that there is none, and of no socket that no agent runs', async () => {
  await using impostor = await startImpostor((response) => response.end('<html>'))

  await expect(askAgent(impostor.socketPath, 'GET', '/status')).rejects.toMatchObject({ code: 'agent_unreachable' })
  await expect(askAgent(`${impostor.socketPath}${'.'.repeat(100)}`, 'GET', '/status')).rejects.toMatchObject({
    message: expect.stringContaining('the path is too long for a socket'),
  })
  await expect(askAgent(`${impostor.socketPath}.none`, 'GET', '/status')).rejects.toMatchObject({
    message: expect.stringContaining('no agent runs here with this state directory'),
  })
})
