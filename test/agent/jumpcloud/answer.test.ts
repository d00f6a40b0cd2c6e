import { expect, test } from 'vitest'
import { z } from 'zod'
import { type Answer, readAnswer, readPart } from '../../../agent/jumpcloud/answer.ts'
import type { Call } from '../../../agent/jumpcloud/call.ts'

const call: Call = { operation: 'list users', effect: 'read', method: 'GET', path: '/api/systemusers' }
const answer = (body: string): Answer => ({ status: 200, body, header: () => undefined })
const shape = z.object({ results: z.array(z.object({ id: z.string() })) })

test('reads what it names and lets the rest pass', () => {
  expect(readAnswer(call, answer('{"results":[{"id":"a","new":1}],"more":true}'), shape)).toEqual({
    results: [{ id: 'a' }],
  })
})

test.for(['', '<html>secret</html>', '{"results":', '\u0000'])(
  'takes %j for no answer, and does not repeat it',
  (body) => {
    expect(() => readAnswer(call, answer(body), shape)).toThrow(
      expect.objectContaining({
        code: 'response_unexpected',
        message: expect.not.stringContaining('secret'),
      }),
    )
  },
)

test('says where a body does not fit, without what stands there', () => {
  const reading = () => readAnswer(call, answer('{"results":[{"id":"a"},{"id":{"secret":1}}]}'), shape)

  expect(reading).toThrow(
    expect.objectContaining({ code: 'response_unexpected', message: expect.stringContaining('results.1.id') }),
  )
  expect(reading).toThrow(expect.objectContaining({ message: expect.not.stringContaining('secret') }))
})

test('reads a part in the same way', () => {
  expect(readPart(call, answer(''), { value: 7, shape: z.number() })).toBe(7)
  expect(() => readPart(call, answer(''), { value: '7', shape: z.number() })).toThrow(
    'list users: JumpCloud answered 200',
  )
})
