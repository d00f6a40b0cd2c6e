import { createHash, createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  agentProofText,
  enrolmentAnswer,
  enrolmentRequest,
  formatEnrolmentCode,
  knowsText,
  parseEnrolmentCode,
  planeProofText,
} from '../../protocol/enrolment.ts'
import { keyStatement } from '../../protocol/signed.ts'
import { enrolmentVectors, testKeys } from '../support/vectors.ts'

const { code, codesRefused, request, answer, texts } = enrolmentVectors()
const { text, ...parts } = code
const parsedRequest = enrolmentRequest.parse(request)
const parsedAnswer = enrolmentAnswer.parse(answer)
const agentSide = { code: parts, nonce: parsedRequest.nonce, publicKey: parsedRequest.publicKey }

const mac = (proven: string) =>
  createHmac('sha256', Buffer.from(code.secret, 'base64url')).update(proven).digest('base64url')

describe('the code', () => {
  test('is read and written as the vector has it', () => {
    expect(parseEnrolmentCode(text)).toEqual(parts)
    expect(formatEnrolmentCode(parts)).toBe(text)
  })

  test('may have white space around it, as people paste it', () => {
    expect(parseEnrolmentCode(` ${text}\r\n`)).toEqual(parts)
  })

  test.each(codesRefused)('is refused without repeating it: $name', ({ text: refused }) => {
    const read = () => parseEnrolmentCode(refused)

    expect(read).toThrow(expect.objectContaining({ code: 'code_malformed' }))
    expect(read).not.toThrow(code.secret.slice(8, 24))
  })

  test('names the plane key by its thumbprint', () => {
    const { x, kid } = testKeys().plane
    const thumbprint = createHash('sha256').update(`{"crv":"Ed25519","kty":"OKP","x":"${x}"}`).digest('base64url')

    expect([code.fingerprint, kid]).toEqual([thumbprint, thumbprint])
  })
})

describe('the proofs', () => {
  test('are over the texts of the vector', () => {
    const { proof: _, ...unproven } = parsedAnswer

    expect(knowsText(parts, parsedRequest.nonce)).toBe(texts.knows)
    expect(agentProofText(agentSide)).toBe(texts.agent)
    expect(planeProofText(agentSide, unproven)).toBe(texts.plane)
  })

  test('are HMAC-SHA-256 with the decoded secret', () => {
    expect(parsedRequest).toMatchObject({ knows: mac(texts.knows), proof: mac(texts.agent) })
    expect(parsedAnswer.proof).toBe(mac(texts.plane))
  })

  test.each(['publicKey', 'nonce'] as const)('change with the %s of the request', (member) => {
    const swapped = { ...agentSide, [member]: testKeys().stranger.x }

    expect(mac(agentProofText(swapped))).not.toBe(parsedRequest.proof)
    expect(mac(planeProofText(swapped, parsedAnswer))).not.toBe(parsedAnswer.proof)
  })

  test.each(['plane', 'agent', 'replica', 'nonce', 'keys'] as const)('change with the %s of the answer', (member) => {
    const swapped = { ...parsedAnswer, [member]: 'another' }

    expect(mac(planeProofText(agentSide, swapped))).not.toBe(parsedAnswer.proof)
  })

  test('of the agent, of the plane and of knowing are no proof of each other', () => {
    expect(new Set([parsedRequest.knows, parsedRequest.proof, parsedAnswer.proof]).size).toBe(3)
  })
})

test('the keys of the answer are a statement that holds the named key', () => {
  const statement = keyStatement.parse(JSON.parse(parsedAnswer.keys))

  expect(statement.plane).toBe(parsedAnswer.plane)
  expect(statement.keys.map(({ kid }) => kid)).toContain(code.fingerprint)
})
