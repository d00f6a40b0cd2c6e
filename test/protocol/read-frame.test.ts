import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readAgentFrame } from '../../protocol/agent-frames.ts'
import { limits } from '../../protocol/limits.ts'
import { readPlaneFrame } from '../../protocol/plane-frames.ts'

const readBoth = (text: string) => [readAgentFrame, readPlaneFrame].map((read) => read(text, Buffer.byteLength(text)))

describe('reading a message', () => {
  test('never throws, whatever the text', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.jsonValue().map((value) => JSON.stringify(value)),
    )

    fc.assert(fc.property(anything, (text) => void readBoth(text)))
  })

  test('never throws, whatever the members of a known frame', () => {
    const types = fc.constantFrom('hello', 'page', 'done', 'refused', 'credit', 'ack', 'run')
    const members = fc.dictionary(
      fc.constantFrom('run', 'attempt', 'seq', 'rows', 'error', 'jws', 'body'),
      fc.jsonValue(),
    )

    fc.assert(fc.property(types, members, (type, rest) => void readBoth(JSON.stringify({ type, ...rest }))))
  })

  test('hands on the members that it knows, and no other', () => {
    const text = '{"type":"cancel","run":"run-00000001","later":true}'

    const reading = readPlaneFrame(text, text.length)

    expect(reading).toEqual({ kind: 'frame', frame: { type: 'cancel', run: 'run-00000001' }, unknownCount: 1 })
  })

  test('says what does not fit, in a length that a close frame takes', () => {
    const text = JSON.stringify({ type: 'state', connections: [{ name: 'main', state: 'x'.repeat(500) }] })

    const reading = readAgentFrame(text, text.length)

    expect(reading).toMatchObject({ kind: 'refused', why: expect.stringMatching(/^state: connections\.0\.state: /) })
    expect(reading.kind === 'refused' && Buffer.byteLength(reading.why)).toBeLessThanOrEqual(123)
  })

  test('takes the type of an unknown frame, cut, so that it can be logged', () => {
    const text = JSON.stringify({ type: 'x'.repeat(1000) })

    expect(readAgentFrame(text, text.length)).toEqual({ kind: 'ignored', type: 'x'.repeat(64) })
  })
})

test('the sizes leave room for each other', () => {
  expect(limits.pageBytes).toBeLessThan(limits.frameBytes)
  expect(limits.frameBytes).toBeLessThan(limits.socketBytes)
  // A page that is larger than the credit at the start could never be sent.
  expect(limits.pageBytes).toBeLessThanOrEqual(Math.min(limits.sessionCreditBytes, limits.runCreditBytes))
})

test('reads the rows from the very text that is stored: rows named twice are not a page', () => {
  const head = '{"type":"page","run":"run-00000001","attempt":1,"seq":0'

  const once = readAgentFrame(`${head},"rows":[1]}`, 100)
  const twice = readAgentFrame(`${head},"rows":[1],"rows":[2]}`, 100)

  expect(once).toMatchObject({ kind: 'frame', frame: { rows: [1] }, rows: '[1]' })
  expect(twice).toMatchObject({ kind: 'frame', rows: undefined })
})
