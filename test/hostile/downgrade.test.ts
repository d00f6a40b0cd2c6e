// Who would have the agent speak something weaker: an older version, another protocol, another algorithm, other keys.

import { createHmac } from 'node:crypto'
import { expect } from 'vitest'
import { attack, attacks } from '../support/attack.ts'
import { createFakeClock } from '../support/fake-clock.ts'
import type { Ground } from '../support/hostile-ground.ts'
import { makeSigningKey, type SigningKey, statementOf } from '../support/plane-peer-keys.ts'
import { batched } from '../support/plane-peer-session.ts'
import { switched } from '../support/switched.ts'
import { until } from '../support/until.ts'

const stranger = makeSigningKey()
/** After some of these it tries again only every 15 minutes. */
const patient = () => ({ clock: createFakeClock() })

attacks(
  'a challenge for %s',
  {
    'a version before the first': { code: 4401, spoilt: { protocol: { min: 0, max: 0 } } },
    'versions that are still to come': { code: 4406, spoilt: { protocol: { min: 2, max: 9 } } },
    'versions that run backwards': { code: 4401, spoilt: { protocol: { min: 1, max: 0 } } },
    'another plane, to be proved to by relay': { code: 4413, spoilt: { plane: 'plane-2' } },
    'a nonce that is none': { code: 4401, spoilt: { nonce: '' } },
  },
  async ({ plane, session }, { code, spoilt }) => {
    plane.levers.challenge = (honest) => ({ ...honest, ...spoilt })
    session.cut()

    expect(await plane.refusal()).toMatchObject({ code })
  },
  patient,
)

attacks(
  'a welcome %s',
  {
    'that names an older version': { protocol: 0 },
    'that names a newer version': { protocol: 2 },
    'for another session': { nonce: 'z'.repeat(43) },
  },
  async ({ plane, session }, spoilt) => {
    plane.levers.welcome = (honest) => ({ ...honest, ...spoilt })
    session.cut()

    expect(await plane.refusal()).toMatchObject({ code: 4412 })
  },
  patient,
)

attack(
  'a welcome by a key that is not pinned',
  async ({ plane, session }) => {
    plane.levers.welcomeKey = stranger
    session.cut()

    expect(await plane.refusal()).toMatchObject({ code: 4412 })
  },
  patient,
)

attacks(
  'an upgrade %s',
  {
    'to no sub-protocol': '',
    'to another sub-protocol': 'sec-websocket-protocol: sallyport.v0\r\n',
    'to compression that nobody asked for':
      'sec-websocket-protocol: sallyport.v1\r\nsec-websocket-extensions: permessage-deflate\r\n',
  },
  async ({ plane, session, agent }, headers) => {
    plane.levers.upgrade = (socket, request) => socket.write(switched(request, headers))
    session.cut()

    expect(await agent.line('session.failed')).toMatchObject({ error: { code: 'plane_answer_unexpected' } })
    plane.levers.upgrade = undefined
  },
)

type Forge = (honest: Ground['plane']['key'], payload: object) => string

const forgeries: Readonly<Record<string, Forge>> = {
  'by no algorithm': (key, payload) => key.sign('sallyport-batch', payload, { alg: 'none' }),
  'by HMAC with the public key': (key, payload) => {
    const parts = [{ alg: 'HS512', typ: 'sallyport-batch', kid: key.kid }, payload]
    const text = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
    return `${text}.${createHmac('sha512', Buffer.from(key.x, 'base64url')).update(text).digest('base64url')}`
  },
  'by a stranger': (_key, payload) => stranger.sign('sallyport-batch', payload),
  'by a stranger under the name of the pinned key': (key, payload) =>
    stranger.sign('sallyport-batch', payload, { kid: key.kid }),
  'by a key that comes with it': (_key, payload) =>
    stranger.sign('sallyport-batch', payload, { jwk: { kty: 'OKP', crv: 'Ed25519', x: stranger.x } }),
  'for another purpose': (key, payload) => key.sign('sallyport-lead', payload),
  'with something in it that has to be understood': (key, payload) =>
    key.sign('sallyport-batch', payload, { crit: ['b64'], b64: false }),
  'over another text': (key, payload) => {
    const [head, , signature] = key.sign('sallyport-batch', {}).split('.')
    return `${head}.${Buffer.from(JSON.stringify(payload)).toString('base64url')}.${signature}`
  },
  'by a signature of zeros': (key, payload) => key.sign('sallyport-batch', payload).replace(/[^.]+$/, 'A'.repeat(86)),
}

attacks('a batch that is signed %s', forgeries, async ({ plane, session }, forge) => {
  const { agent, replica, nonce } = session.body
  const runs = [batched({ job: 'org.get' })]

  session.send({ type: 'run', jws: forge(plane.key, { plane: plane.id, agent, replica, nonce, sentAfterMs: 0, runs }) })

  expect(await session.next('refused')).toMatchObject({ error: { code: expect.stringMatching(/^batch_/) } })
})

type Announce = (plane: Ground['plane']) => string
const announced = (key: SigningKey, statement: object) => key.sign('sallyport-keys', statement)

const statements: Readonly<Record<string, Announce>> = {
  'by the new key itself': ({ id }) => announced(stranger, statementOf(id, 2, stranger)),
  'of another plane': ({ key }) => announced(key, statementOf('plane-2', 2, stranger)),
  'with a key under the name of another': ({ id, key }) =>
    announced(key, { ...statementOf(id, 2, stranger), keys: [{ kid: key.kid, x: stranger.x }] }),
  'without a key': ({ id, key }) => announced(key, statementOf(id, 2)),
  'with a version that is no number': ({ id, key }) => announced(key, statementOf(id, 1.5, stranger)),
  'in the form of a batch': ({ id, key }) => key.sign('sallyport-batch', statementOf(id, 2, stranger)),
}

attacks(
  'new keys, announced %s',
  statements,
  async ({ session, plane }, announce) => {
    session.send({ type: 'keys', jws: announce(plane) })

    expect(await session.closed).toMatchObject({ code: 4412 })
  },
  patient,
)

attack('a statement of the version that is pinned, with one key more', async ({ session, plane, agent }) => {
  session.send({ type: 'keys', jws: announced(plane.key, statementOf(plane.id, 1, plane.key, stranger)) })
  session.run([{ job: 'org.get' }], { key: stranger })

  expect(await session.next('refused')).toMatchObject({ error: { code: 'batch_key_unknown' } })
  expect((await agent.identityFile.read()).plane.keys).toEqual(plane.statement)
})

attack(
  'keys that were retired, announced by themselves as the newest',
  async ({ session, plane, agent }) => {
    session.send({ type: 'keys', jws: announced(plane.key, statementOf(plane.id, 2, stranger)) })
    await until(async () => (await agent.identityFile.read()).plane.keys.version === 2)
    const retired = plane.key
    plane.signWith(stranger)

    session.send({ type: 'keys', jws: announced(retired, statementOf(plane.id, 3, retired)) })

    expect(await session.closed).toMatchObject({ code: 4412 })
    expect((await agent.identityFile.read()).plane.keys).toMatchObject({ version: 2, keys: [{ kid: stranger.kid }] })
  },
  patient,
)

attack('fifty statements in one breath, so that an older one is written last', async ({ session, plane, agent }) => {
  const keys = Array.from({ length: 50 }, () => makeSigningKey())
  let signer = plane.key
  for (const [index, key] of keys.entries()) {
    session.send({ type: 'keys', jws: announced(signer, statementOf(plane.id, index + 2, key)) })
    signer = key
  }
  plane.signWith(signer)

  await until(async () => (await agent.identityFile.read()).plane.keys.version === 51)
})
