// Who stands in the way when a host enrols, or knocks at our control plane without having been given a code.

import { randomBytes } from 'node:crypto'
import { mkdtempDisposable } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { createConnector } from '../../agent/egress/connector.ts'
import { enrol } from '../../agent/enrolment/enrol.ts'
import { createPlanePost } from '../../agent/enrolment/plane-post.ts'
import { openIdentityFile } from '../../agent/identity/identity.ts'
import { systemClock } from '../../agent/ports/clock.ts'
import { systemRandom } from '../../agent/ports/random.ts'
import { createLeakGuard } from '../../agent/vault/leak-guard.ts'
import { enrolmentBody, makePeerKey } from '../support/agent-peer.ts'
import { attack, attacks } from '../support/attack.ts'
import { startControlPlane, type TestControlPlane } from '../support/control-plane.ts'
import { looseLeg } from '../support/loose-leg.ts'
import { makeSigningKey, statementOf } from '../support/plane-peer-keys.ts'

type Members = Readonly<Record<string, unknown>>
const mallory = makeSigningKey()

/** Whom a host trusts after it tried to enrol; undefined for nobody. */
async function enrolHost(url: string, code: string): Promise<string | undefined> {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-hostile-'))
  const identityFile = openIdentityFile(directory.path)
  const connector = createConnector({ clock: systemClock, leg: looseLeg() })
  await using post = createPlanePost({
    ...{ connector, guard: createLeakGuard(), clock: systemClock, userAgent: 'Sallyport/0' },
  })
  const options = { url, code, version: '0.0.0', identityFile, random: systemRandom, post: post.send }
  await enrol(options).catch(() => {})
  return await identityFile.read().then(
    ({ agent, plane }) => `${agent} at ${plane.keys.keys.map(({ kid }) => kid).join()}`,
    () => undefined,
  )
}

const forgeries: Readonly<Record<string, (honest: Members) => Members>> = {
  'with keys of its own': (honest) => ({ ...honest, keys: JSON.stringify(statementOf('plane-1', 1, mallory)) }),
  'with a key of its own under the name of the true one': (honest) => {
    const { keys, ...rest } = JSON.parse(String(honest.keys))
    return { ...honest, keys: JSON.stringify({ ...rest, keys: [{ kid: keys[0].kid, x: mallory.x }] }) }
  },
  'with a key of its own beside the true one': (honest) => {
    const { keys, ...rest } = JSON.parse(String(honest.keys))
    return { ...honest, keys: JSON.stringify({ ...rest, keys: [...keys, { kid: mallory.kid, x: mallory.x }] }) }
  },
  'for another agent': (honest) => ({ ...honest, agent: 'mallory' }),
  'with a proof that it cannot have': (honest) => ({ ...honest, proof: 'q'.repeat(43) }),
  'with the proof of the host itself': (honest) => ({ ...honest, proof: honest.nonce }),
}

attacks('somebody in the middle answers an enrolment %s', forgeries, async ({ plane }, forge) => {
  plane.levers.enrolment = (honest, response) => void response.writeHead(200, json).end(JSON.stringify(forge(honest)))

  expect(await enrolHost(plane.url, plane.makeCode().text)).toBeUndefined()
})

const json = { 'content-type': 'application/json' }

type Answer = (response: ServerResponse, elsewhere: string) => void

const answers: Readonly<Record<string, Answer>> = {
  'a redirect to a host of its own': (response, elsewhere) =>
    void response.writeHead(307, { location: `${elsewhere}/v1/enrolments` }).end(),
  'more than fits into memory': (response) => {
    response.writeHead(200, json)
    response.on('error', () => {})
    for (let count = 0; count < 200; count += 1) response.write(' '.repeat(64 * 1024))
    response.end('{}')
  },
  'what sets the prototype of everything': (response) =>
    void response.writeHead(200, json).end('{"__proto__":{"agent":"mallory"},"constructor":{"prototype":{"a":1}}}'),
}

attacks('somebody in the middle answers an enrolment by %s', answers, async ({ plane, elsewhere }, answer) => {
  plane.levers.enrolment = (_honest, response) => answer(response, elsewhere.url)

  expect(await enrolHost(plane.url, plane.makeCode().text)).toBeUndefined()
})

/** Everything that is said to whom has no code tells nothing of which codes there are. */
async function knock({ ask }: TestControlPlane, body: unknown) {
  const { status, text } = await ask({ method: 'POST', path: '/v1/enrolments', body })
  return { status, text }
}

attack('a thousand guesses at a code, of its secret and of its name', async () => {
  await using control = await startControlPlane()
  const { text } = await control.plane.administration.createCode('test', 'acme')
  const [head, id, , fingerprint] = text.split('.')
  const { publicKey } = makePeerKey()
  const guess = (name: string) => `${head}.${name}.${randomBytes(32).toString('base64url')}.${fingerprint}`

  const said = new Set<string>()
  for (let count = 0; count < 500; count += 1) {
    for (const name of [id ?? '', randomBytes(12).toString('base64url')]) {
      said.add(JSON.stringify(await knock(control, enrolmentBody(guess(name), publicKey))))
    }
  }

  expect([...said]).toEqual([expect.stringContaining('code_wrong')])
  // Nor was the code used up by it.
  expect(await knock(control, enrolmentBody(text, publicKey))).toMatchObject({ status: 200 })
})

attack('the key of the host is swapped on its way to our control plane', async () => {
  await using control = await startControlPlane()
  const { text } = await control.plane.administration.createCode('test', 'acme')
  const honest = enrolmentBody(text, makePeerKey().publicKey)

  const swapped = await knock(control, { ...honest, publicKey: makePeerKey().publicKey })

  expect(swapped.text).toContain('enrolment_tampered')
  expect(await knock(control, honest)).toMatchObject({ status: 200 })
})

attack('a code that was used, again for a key of the attacker', async () => {
  await using control = await startControlPlane()
  const { text } = await control.plane.administration.createCode('test', 'acme')
  await knock(control, enrolmentBody(text, makePeerKey().publicKey))

  const again = await knock(control, enrolmentBody(text, makePeerKey().publicKey))

  expect(again.text).toContain('code_used')
})

attack('an enrolment without end, for our control plane to hold in memory', async () => {
  await using control = await startControlPlane()

  const { status } = await knock(control, { code: 'c'.repeat(5 * 1024 * 1024) })

  expect(status).toBe(413)
})
