import { expect, test } from 'vitest'
import { createConnector } from '../../../agent/egress/connector.ts'
import { createPlanePost } from '../../../agent/enrolment/plane-post.ts'
import { createLeakGuard } from '../../../agent/vault/leak-guard.ts'
import { Secret } from '../../../agent/vault/secret.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { startListener } from '../../support/listener.ts'
import { looseLeg } from '../../support/loose-leg.ts'
import { startPlanePeer } from '../../support/plane-peer.ts'

test('sends no request that holds a secret', async () => {
  await using plane = await startPlanePeer()
  const [clock, guard] = [createFakeClock(), createLeakGuard()]
  const connector = createConnector({ clock, leg: looseLeg() })
  await using post = createPlanePost({ connector, guard, clock, userAgent: 'Sallyport/0' })
  const nonce = 'n'.repeat(43)
  guard.protect(new Secret(nonce), 'main')
  const forms = { nonce, publicKey: 'p'.repeat(43), knows: 'k'.repeat(43), proof: 'f'.repeat(43) }

  const sent = post.send(`${plane.url}/v1/enrolments`, { code: 'c'.repeat(16), version: '0.0.0', ...forms })

  await expect(sent).rejects.toMatchObject({
    code: 'leak_blocked',
    message: expect.stringContaining('holds the secret of main, as raw'),
  })
  expect(plane.enrolments).toEqual([])
})

test('takes no answer that is too long for one, and says whose it is not', async () => {
  await using listener = await startListener()
  const [clock, guard] = [createFakeClock(), createLeakGuard()]
  const connector = createConnector({ clock, leg: looseLeg() })
  await using post = createPlanePost({ connector, guard, clock, userAgent: 'Sallyport/0' })
  const forms = { nonce: 'n'.repeat(43), publicKey: 'p'.repeat(43), knows: 'k'.repeat(43), proof: 'f'.repeat(43) }

  const sent = post.send(`${listener.url}/v1/enrolments`, { code: 'c'.repeat(16), version: '0.0.0', ...forms })
  const { socket } = await listener.connection()
  socket.write(`HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n${' '.repeat(100_000)}`)

  await expect(sent).rejects.toMatchObject({
    code: 'plane_answer_unexpected',
    message: expect.stringContaining('longer than 64 KiB'),
  })
})
