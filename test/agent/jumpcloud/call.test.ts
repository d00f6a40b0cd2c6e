import { expect, test } from 'vitest'
import { pathOf, queryOf, targetOf } from '../../../agent/jumpcloud/call.ts'

const path = '/api/v2/usergroups/{id}'

test('puts ids into the places of the template, percent-encoded', () => {
  expect(pathOf({ path, ids: { id: '6026da081f24755306c2ee0d' } })).toBe('/api/v2/usergroups/6026da081f24755306c2ee0d')
  expect(pathOf({ path, ids: { id: 'a/../b?c#d%' } })).toBe('/api/v2/usergroups/a%2F..%2Fb%3Fc%23d%25')
})

test.for(['', '.', '..'])('refuses the id %j, which would lead to another path', (id) => {
  expect(() => pathOf({ path, ids: { id } })).toThrow(TypeError)
})

test('refuses a template whose id is missing, even where every object has a member of that name', () => {
  expect(() => pathOf({ path })).toThrow('no usable id for {id}')
  expect(() => pathOf({ path: '/api/{toString}', ids: {} })).toThrow(TypeError)
})

test('encodes the query, and leaves the question mark out where there is none', () => {
  expect(queryOf({ path, query: { filter: 'email:$eq:a&b@c.io', limit: 100 } })).toBe(
    '?filter=email%3A%24eq%3Aa%26b%40c.io&limit=100',
  )
  expect(queryOf({ path })).toBe('')
})

test('shows method and path in messages, never the query', () => {
  const call = {
    operation: 'list users',
    effect: 'read',
    method: 'GET',
    path: '/api/systemusers',
    query: { filter: 'x' },
  } as const

  expect(targetOf(call)).toBe('GET /api/systemusers')
})
