// Who stands on the way without any key: ends TLS with a certificate of its own, or speaks where only the plane may.

import { once } from 'node:events'
import { createServer, type TLSSocket } from 'node:tls'
import { expect } from 'vitest'
import { attack, attacks } from '../support/attack.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import type { Ground } from '../support/hostile-ground.ts'
import { startPlanePeer } from '../support/plane-peer.ts'
import { startAgent } from '../support/running-agent.ts'
import { selfSigned } from '../support/self-signed.ts'
import { startTlsFront } from '../support/tls-front.ts'

/** Another agent, which shall go to the plane by this address. */
const startBy = ({ plane, jumpcloud }: Ground, url: string) =>
  startAgent({ plane: { ...plane, url, admit: () => {} }, key: jumpcloud.keys.administrator })

const unreachable = { error: { code: 'plane_unreachable' } }

attack('a certificate that nobody vouches for, before the plane', async (ground) => {
  await using front = await startTlsFront(ground.plane.url, selfSigned)
  const before = ground.plane.upgrades.count
  await using agent = await startBy(ground, front.url)

  expect(await agent.line('session.failed')).toMatchObject(unreachable)
  expect(ground.plane.upgrades.count).toBe(before)
})

attack('plain text, where the plane was to speak TLS', async (ground) => {
  const before = ground.plane.upgrades.count
  await using agent = await startBy(ground, ground.plane.url.replace('http:', 'https:'))

  expect(await agent.line('session.failed')).toMatchObject(unreachable)
  expect(ground.plane.upgrades.count).toBe(before)
})

attack('a TLS that is as old as its holes', async (ground) => {
  const heard: Buffer[] = []
  const listen = (socket: TLSSocket) => socket.on('data', (bytes: Buffer) => heard.push(bytes)).on('error', () => {})
  const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' } as const
  const server = createServer({ ...selfSigned, ...old }, listen)
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : 0
  await using agent = await startBy(ground, `https://localhost:${port}`)

  expect(await agent.line('session.failed')).toMatchObject(unreachable)
  expect(heard).toEqual([])
  await agent.daemon.stop()
  server.close()
  await once(server, 'close')
})

attack('a certificate that nobody vouches for, before JumpCloud, to be given the key', async ({ jumpcloud }) => {
  await using front = await startTlsFront(jumpcloud.url, selfSigned)
  await using plane = await startPlanePeer()
  await using _agent = await startAgent({ plane, jumpcloudUrl: front.url, key: jumpcloud.keys.administrator })
  const session = await plane.session()

  session.run([{ id: 'run-to-the-middle', job: 'org.get' }])

  expect(await session.answer('run-to-the-middle')).toMatchObject({ type: 'failed' })
  expect(front.connectionCount).toBeGreaterThan(0)
})

const unsigned = `e30.e30.${'A'.repeat(86)}`

attacks(
  'who cannot sign says in a session that is open: %s',
  {
    'do this': { type: 'run', jws: unsigned },
    'the lead is yours': { type: 'lead', jws: unsigned },
    'these are my keys': { type: 'keys', jws: unsigned },
    'welcome once more': { type: 'welcome', jws: unsigned },
  },
  async ({ session }, frame) => {
    session.send(frame)

    await Promise.race([session.next('refused').catch(() => {}), session.closed])
  },
  () => ({ clock: createFakeClock() }),
)
