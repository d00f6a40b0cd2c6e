import { parseEnrolmentCode, planeProofText } from '@sallyport/protocol'
import { describe, expect, test } from 'vitest'
import { mac } from '../../../control-plane/enrolment/mac.ts'
import { enrolmentBody, makePeerKey } from '../../support/agent-peer.ts'
import { type GatewayUnderTest, startGateway } from '../../support/gateway.ts'

async function codeOf(plane: GatewayUnderTest): Promise<string> {
  return (await plane.enrolment.createCode('acme')).text
}

const { publicKey } = makePeerKey()
const other = makePeerKey().publicKey

describe('a right code', () => {
  test('makes a replica, and answers with what only the maker of the code can prove', async () => {
    await using plane = await startGateway()
    const text = await codeOf(plane)

    const { proof, ...answer } = await plane.enrolment.enrol(enrolmentBody(text, publicKey))

    const code = parseEnrolmentCode(text)
    expect(proof).toBe(mac(code.secret, planeProofText({ code, nonce: 'n'.repeat(43), publicKey }, answer)))
    expect(answer).toMatchObject({ plane: plane.signer.plane, agent: 'acme', keys: plane.signer.statement })
    expect(code.fingerprint).toBe(plane.signer.kid)
    expect(await plane.store.replicas.get(answer.replica)).toMatchObject({ agent: 'acme', publicKey, counter: 0 })
  })

  test('answers the very same request with the very same answer, because the first may have been lost', async () => {
    await using plane = await startGateway()
    const body = enrolmentBody(await codeOf(plane), publicKey)

    const [first, second] = await Promise.all([plane.enrolment.enrol(body), plane.enrolment.enrol(body)])
    const third = await plane.enrolment.enrol(body)

    expect([second, third]).toEqual([first, first])
    expect(await plane.store.replicas.list('acme')).toHaveLength(1)
  })

  test('adds another replica of the same agent', async () => {
    await using plane = await startGateway()

    await plane.enrolment.enrol(enrolmentBody(await codeOf(plane), publicKey))
    await plane.enrolment.enrol(enrolmentBody(await codeOf(plane), other))

    expect(await plane.store.replicas.list('acme')).toHaveLength(2)
  })
})

describe('what is refused', () => {
  test('a code that nobody made', async () => {
    await using plane = await startGateway()
    const text = (await codeOf(plane)).replace(/^spc1\.[^.]{16}/, `spc1.${'x'.repeat(16)}`)

    await expect(plane.enrolment.enrol(enrolmentBody(text, publicKey))).rejects.toMatchObject({ code: 'code_wrong' })
  })

  test('a code with another secret', async () => {
    await using plane = await startGateway()
    const [form, id, , fingerprint] = (await codeOf(plane)).split('.')
    const text = [form, id, 'x'.repeat(43), fingerprint].join('.')

    await expect(plane.enrolment.enrol(enrolmentBody(text, publicKey))).rejects.toMatchObject({ code: 'code_wrong' })
  })

  test('a code that another key used', async () => {
    await using plane = await startGateway()
    const text = await codeOf(plane)
    await plane.enrolment.enrol(enrolmentBody(text, publicKey))

    await expect(plane.enrolment.enrol(enrolmentBody(text, other))).rejects.toMatchObject({ code: 'code_used' })
  })

  test('a code whose time is over, even to who used it', async () => {
    await using plane = await startGateway()
    const body = enrolmentBody(await codeOf(plane), publicKey)
    await plane.enrolment.enrol(body)

    await plane.clock.advance(15 * 60 * 1000)

    await expect(plane.enrolment.enrol(body)).rejects.toMatchObject({ code: 'code_expired' })
  })

  test('a code that was revoked', async () => {
    await using plane = await startGateway()
    const { text, id } = await plane.enrolment.createCode('acme')

    await plane.enrolment.revokeCode(id)

    await expect(plane.enrolment.enrol(enrolmentBody(text, publicKey))).rejects.toMatchObject({ code: 'code_revoked' })
    await expect(plane.enrolment.revokeCode('x'.repeat(16))).rejects.toMatchObject({ code: 'code_unknown' })
  })

  test('a key that was swapped on the way, without burning the code', async () => {
    await using plane = await startGateway()
    const honest = enrolmentBody(await codeOf(plane), publicKey)

    const swapped = plane.enrolment.enrol({ ...honest, publicKey: other })

    await expect(swapped).rejects.toMatchObject({ code: 'enrolment_tampered', fault: 'network' })
    expect(await plane.enrolment.enrol(honest)).toMatchObject({ agent: 'acme' })
  })

  test('an agent that is disabled, and new codes for it', async () => {
    await using plane = await startGateway()
    const text = await codeOf(plane)

    await plane.store.agents.disable('acme', plane.clock.now())

    await expect(plane.enrolment.enrol(enrolmentBody(text, publicKey))).rejects.toMatchObject({
      code: 'agent_disabled',
    })
    await expect(plane.enrolment.createCode('acme')).rejects.toMatchObject({ code: 'agent_disabled' })
  })

  test('a request that is none, naming the member and never its value', async () => {
    await using plane = await startGateway()
    const body = { ...enrolmentBody(await codeOf(plane), publicKey), nonce: 'too short to be a nonce' }

    const failure = await plane.enrolment.enrol(body).catch((error: unknown) => error)

    expect(failure).toMatchObject({ code: 'request_invalid', message: expect.stringContaining('nonce') })
    expect(String(failure)).not.toContain('too short')
    await expect(plane.enrolment.enrol('hello')).rejects.toMatchObject({ code: 'request_invalid' })
  })

  test('a code for a name that is none, or for a time that cannot be', async () => {
    await using plane = await startGateway()

    await expect(plane.enrolment.createCode('Acme Inc.')).rejects.toMatchObject({ code: 'request_invalid' })
    await expect(plane.enrolment.createCode('acme', 0)).rejects.toMatchObject({ code: 'request_invalid' })
    await expect(plane.enrolment.createCode('acme', 1e12)).rejects.toMatchObject({ code: 'request_invalid' })
  })
})
