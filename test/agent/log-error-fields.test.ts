import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { expect, test } from 'vitest'
import { errorFields } from '../../agent/log-error-fields.ts'

test('takes the code of the table and of the system alike', () => {
  const system = Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' })

  expect(errorFields(new SallyportError('not_found', 'get user: none'), 'without-stack').code).toBe('not_found')
  expect(errorFields(system, 'without-stack')).toEqual({ code: 'ECONNREFUSED', message: system.message })
})

test('looks into an error that stands for several', () => {
  const error = new AggregateError([
    new Error('connect ECONNREFUSED ::1:1'),
    new Error('connect ECONNREFUSED 127.0.0.1:1'),
  ])

  expect(errorFields(error, 'without-stack').causes).toEqual(['connect ECONNREFUSED ::1:1'])
})

test('ends at a cause that leads back to where it came from', () => {
  const inner = new Error('inner')
  const outer = new Error('outer', { cause: inner })
  inner.cause = outer

  expect(errorFields(outer, 'without-stack')).toEqual({ message: 'outer', causes: ['inner'] })
})

test('leaves out a cause that is no error, because it may be a body', () => {
  expect(errorFields(new Error('outer', { cause: '<html>' }), 'without-stack')).toEqual({ message: 'outer' })
})
