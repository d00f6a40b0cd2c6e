import { createHmac } from 'node:crypto'
import { agentProofText, knowsText, parseEnrolmentCode } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import { startControlPlane } from '../../support/control-plane.ts'

const nonce = 'n'.repeat(43)
const publicKey = 'k'.repeat(43)

function requestFor(text: string) {
  const code = parseEnrolmentCode(text)
  const key = Buffer.from(code.secret, 'base64url')
  const mac = (over: string) => createHmac('sha256', key).update(over).digest('base64url')
  const knows = mac(knowsText(code, nonce))
  const proof = mac(agentProofText({ code, nonce, publicKey }))
  return { code: code.id, nonce, publicKey, version: '0.1.0', knows, proof, unknownMember: 1 }
}

test('enrols a replica by a code, without a token, and notes it', async () => {
  await using world = await startControlPlane()
  const { text } = await world.plane.administration.createCode('test', 'acme')

  const answer = await world.ask({ method: 'POST', path: '/v1/enrolments', body: requestFor(text) })

  expect(answer).toMatchObject({ status: 200, json: { agent: 'acme', replica: expect.any(String) } })
  expect(await world.store.replicas.list('acme')).toHaveLength(1)
  expect(await world.store.audit.list({ limit: 1 })).toMatchObject([
    { actor: 'enrolment', action: 'replica.enrolled', target: 'acme' },
  ])
})

test('a refused enrolment is noted with the id of its code', async () => {
  await using world = await startControlPlane()
  const { id, text } = await world.plane.administration.createCode('test', 'acme')
  await world.plane.administration.revokeCode('test', id)

  const answer = await world.ask({ method: 'POST', path: '/v1/enrolments', body: requestFor(text) })

  expect(answer).toMatchObject({ status: 410, json: { error: { code: 'code_revoked', fault: 'customer' } } })
  expect(await world.store.audit.list({ limit: 1 })).toMatchObject([
    { actor: 'enrolment', action: 'enrolment.refused', target: id, details: { code: 'code_revoked' } },
  ])
  const said = world.events.find(({ event }) => event === 'enrolment.refused')
  expect(said?.fields).toMatchObject({ code: id, error: { code: 'code_revoked' } })
})

test('a code that was never made is refused, and leaves nothing on the disk', async () => {
  await using world = await startControlPlane()
  const { text } = await world.plane.administration.createCode('test', 'acme')
  const before = await world.store.audit.list({ limit: 10 })

  const body = { ...requestFor(text), code: 'nobodymadethis00' }
  const answer = await world.ask({ method: 'POST', path: '/v1/enrolments', body })

  expect(answer).toMatchObject({ json: { error: { code: 'code_wrong' } } })
  expect(await world.store.audit.list({ limit: 10 })).toEqual(before)
})

test('what is no request is refused and not worth a note', async () => {
  await using world = await startControlPlane()

  const answer = await world.ask({ method: 'POST', path: '/v1/enrolments', body: { code: 'x' } })

  expect(answer).toMatchObject({ status: 400, json: { error: { code: 'request_invalid' } } })
  expect(await world.store.audit.list({ limit: 1 })).toEqual([])
})
