import { expect, test } from 'vitest'
import { credential } from '../../../agent/configuration/credential.ts'

test('names exactly one source', () => {
  expect(credential.parse({ file: '/a' })).toEqual({ kind: 'api_key', source: { file: '/a' } })
  expect(credential.parse({ env: 'A_1' })).toEqual({ kind: 'api_key', source: { env: 'A_1' } })
  expect(credential.parse(undefined)).toEqual({ kind: 'api_key', source: { env: 'SALLYPORT_TOKEN' } })
  expect(credential.safeParse({}).success).toBe(false)
  expect(credential.safeParse({ file: '/a', env: 'A' }).success).toBe(false)
})

test.each(['jca_0123456789abcdef', '3F8A', 'A B', ''])('does not take %j for the name of a variable', (env) => {
  expect(credential.safeParse({ env }).success).toBe(false)
})
