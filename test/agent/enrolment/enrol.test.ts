import { mkdtempDisposable, readdir, readFile, stat } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ErrorCode } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import { createConnector } from '../../../agent/egress/connector.ts'
import { enrol } from '../../../agent/enrolment/enrol.ts'
import { createPlanePost } from '../../../agent/enrolment/plane-post.ts'
import { openIdentityFile } from '../../../agent/identity/identity.ts'
import { systemRandom } from '../../../agent/ports/random.ts'
import { createLeakGuard } from '../../../agent/vault/leak-guard.ts'
import { createFakeClock, type FakeClock } from '../../support/fake-clock.ts'
import { looseLeg } from '../../support/loose-leg.ts'
import { startPlanePeer } from '../../support/plane-peer.ts'
import { makeSigningKey, statementOf } from '../../support/plane-peer-keys.ts'
import { deadUrl } from '../../support/raw-server.ts'
import { until } from '../../support/until.ts'

type Members = Readonly<Record<string, unknown>>

const json = (response: ServerResponse, status: number, body: Members) =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))

async function openHost(clock: FakeClock = createFakeClock()) {
  const directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-enrol-'))
  const identityFile = openIdentityFile(directory.path)
  return {
    directory: directory.path,
    identityFile,
    enrol: async (url: string, code: string) => {
      await using post = createPlanePost({
        ...{ connector: createConnector({ clock, leg: looseLeg() }), clock, guard: createLeakGuard() },
        userAgent: 'Sallyport/0',
      })
      return await enrol({ url, code, version: '0.0.0', identityFile, random: systemRandom, post: post.send })
    },
    [Symbol.asyncDispose]: () => directory.remove(),
  }
}

test('proves the code without sending its secret, and keeps who it is and whom it trusts', async () => {
  await using plane = await startPlanePeer()
  await using host = await openHost()
  const { text, secret } = plane.makeCode()

  const identity = await host.enrol(`${plane.url}/`, `\n ${text} \n`)

  expect(identity).toMatchObject({ agent: 'acme', replica: 'replica-1', plane: { id: 'plane-1' }, counter: 0 })
  expect(await host.identityFile.read()).toEqual(identity)
  expect((await stat(host.identityFile.path)).mode & 0o777).toBe(0o600)
  expect(await readdir(host.directory)).toEqual(['identity.json'])
  expect(JSON.stringify(plane.enrolments)).not.toContain(secret)
  expect(JSON.stringify(plane.enrolments)).not.toContain(identity.key.d)
  expect(await readFile(host.identityFile.path, 'utf8')).not.toContain(secret)
})

test.each(['', 'spc1', 'spc2.a.b.c', `spc1.${'a'.repeat(16)}.${'s'.repeat(42)}.${'f'.repeat(43)}`])(
  'refuses the text "%s" as a code, before any request and without repeating it',
  async (text) => {
    await using plane = await startPlanePeer()
    await using host = await openHost()

    const refusal = await host.enrol(plane.url, text).catch((error: unknown) => error)

    expect(refusal).toMatchObject({ code: 'code_malformed' })
    expect(String(refusal)).not.toContain('s'.repeat(42))
    expect(plane.enrolments).toEqual([])
  },
)

const said: readonly ErrorCode[] = [
  ...(['code_wrong', 'code_used', 'code_expired', 'code_revoked'] as const),
  ...(['enrolment_tampered', 'agent_disabled', 'request_invalid', 'plane_error'] as const),
]

test.each(said)('says what the plane said: %s, and becomes nobody', async (code) => {
  await using plane = await startPlanePeer()
  await using host = await openHost()
  plane.levers.enrolment = (_honest, response) =>
    json(response, 403, { error: { code, message: 'as the plane puts it', fault: 'customer', retry: false } })

  await expect(host.enrol(plane.url, plane.makeCode().text)).rejects.toMatchObject({
    code,
    message: expect.stringContaining('the control plane says: as the plane puts it'),
  })
  await expect(host.identityFile.read()).rejects.toMatchObject({ code: 'identity_missing' })
})

test.each(['code_wrong', 'code_used', 'code_expired', 'code_revoked'])(
  'keeps nothing of a try that %s has ended',
  async (code) => {
    await using plane = await startPlanePeer()
    await using host = await openHost()
    plane.levers.enrolment = (_honest, response) => json(response, 403, { error: { code, message: '' } })

    await host.enrol(plane.url, plane.makeCode().text).catch(() => {})

    expect(await readdir(host.directory)).toEqual([])
  },
)

const other = makeSigningKey()

type Forgery = { readonly what: string; readonly forge: (honest: Members) => Members; readonly code: ErrorCode }

const forgeries: readonly Forgery[] = [
  {
    what: 'keys of somebody else',
    forge: (honest) => ({ ...honest, keys: JSON.stringify(statementOf('plane-1', 1, other)) }),
    code: 'plane_key_wrong',
  },
  {
    what: 'a key of somebody else under the name of the true one',
    forge: (honest) => {
      const { keys, ...rest } = JSON.parse(String(honest.keys))
      return { ...honest, keys: JSON.stringify({ ...rest, keys: [{ kid: keys[0].kid, x: other.x }] }) }
    },
    code: 'plane_key_wrong',
  },
  {
    what: 'a second key that only the proof would have covered',
    forge: (honest) => {
      const { keys, ...rest } = JSON.parse(String(honest.keys))
      return { ...honest, keys: JSON.stringify({ ...rest, keys: [...keys, { kid: other.kid, x: other.x }] }) }
    },
    code: 'plane_proof_wrong',
  },
  { what: 'another agent', forge: (honest) => ({ ...honest, agent: 'mallory' }), code: 'plane_proof_wrong' },
  { what: 'another replica', forge: (honest) => ({ ...honest, replica: 'r-2' }), code: 'plane_proof_wrong' },
  { what: 'another nonce', forge: (honest) => ({ ...honest, nonce: 'q'.repeat(43) }), code: 'plane_proof_wrong' },
  { what: 'no true proof', forge: (honest) => ({ ...honest, proof: 'q'.repeat(43) }), code: 'plane_proof_wrong' },
  {
    what: 'keys of another plane',
    forge: (honest) => ({ ...honest, plane: 'plane-2' }),
    code: 'plane_answer_unexpected',
  },
  {
    what: 'keys that are no statement',
    forge: (honest) => ({ ...honest, keys: '{}' }),
    code: 'plane_answer_unexpected',
  },
  { what: 'no replica', forge: ({ replica, ...rest }) => rest, code: 'plane_answer_unexpected' },
]

test.each(forgeries)('refuses an answer with $what: $code', async ({ forge, code }) => {
  await using plane = await startPlanePeer()
  await using host = await openHost()
  plane.levers.enrolment = (honest, response) => json(response, 200, forge(honest))

  await expect(host.enrol(plane.url, plane.makeCode().text)).rejects.toMatchObject({ code })
  await expect(host.identityFile.read()).rejects.toMatchObject({ code: 'identity_missing' })
})

test.each([
  { what: 'HTML', status: 200, body: '<html>welcome</html>' },
  { what: 'a redirect', status: 302, body: '' },
  { what: 'an error that is not in our form', status: 500, body: '{"oops":true}' },
  { what: 'an error code that nobody knows', status: 400, body: '{"error":{"code":"odd","message":""}}' },
])('takes $what for something else than a control plane', async ({ status, body }) => {
  await using plane = await startPlanePeer()
  await using host = await openHost()
  plane.levers.enrolment = (_honest, response) => void response.writeHead(status, { location: '/' }).end(body)

  await expect(host.enrol(plane.url, plane.makeCode().text)).rejects.toMatchObject({
    code: 'plane_answer_unexpected',
    message: expect.stringContaining('Check the URL'),
  })
})

test('shows what anybody on the way may have answered without what would move the cursor of a terminal', async () => {
  await using plane = await startPlanePeer()
  await using host = await openHost()
  const message = '\u001b[2J\u009b2Kall is well\r\n\u202e'
  const error = { code: 'code_wrong', message, fault: 'customer', retry: false }
  plane.levers.enrolment = (_honest, response) => json(response, 400, { error })

  await expect(host.enrol(plane.url, plane.makeCode().text)).rejects.toMatchObject({
    message: expect.stringMatching(/says: [ -~]*all is well[ -~]*$/),
  })
})

test('sends the very same request again after an answer was lost', async () => {
  await using plane = await startPlanePeer()
  await using host = await openHost()
  const { text } = plane.makeCode()
  plane.levers.enrolment = (_honest, response) => void response.destroy()

  await expect(host.enrol(plane.url, text)).rejects.toMatchObject({ code: 'plane_unreachable' })
  plane.levers.enrolment = undefined
  const identity = await host.enrol(plane.url, text)

  expect(plane.enrolments[1]).toEqual(plane.enrolments[0])
  expect(plane.enrolments[0]?.publicKey).toBe(identity.key.x)
})

test('makes another key for another code', async () => {
  await using plane = await startPlanePeer()
  await using host = await openHost()
  plane.levers.enrolment = (_honest, response) => void response.destroy()

  await host.enrol(plane.url, plane.makeCode().text).catch(() => {})
  await host.enrol(plane.url, plane.makeCode().text).catch(() => {})

  const [first, second] = plane.enrolments
  expect(second?.publicKey).not.toBe(first?.publicKey)
  expect(second?.nonce).not.toBe(first?.nonce)
})

test('says of an address where nobody is that it could not be reached', async () => {
  await using plane = await startPlanePeer()
  await using host = await openHost()

  await expect(host.enrol(await deadUrl(), plane.makeCode().text)).rejects.toMatchObject({
    code: 'plane_unreachable',
    message: expect.stringMatching(/ECONNREFUSED.*firewall/),
  })
})

test('gives up a plane that says nothing for 30 s', async () => {
  await using plane = await startPlanePeer()
  const clock = createFakeClock()
  await using host = await openHost(clock)
  plane.levers.enrolment = () => {}

  const refused = expect(host.enrol(plane.url, plane.makeCode().text)).rejects.toMatchObject({
    code: 'plane_unreachable',
    message: expect.stringContaining('no whole answer within 30 s'),
  })
  await until(() => plane.enrolments.length > 0)
  await clock.advance(30_000)

  await refused
})
