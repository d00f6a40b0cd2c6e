import { expect, test } from 'vitest'
import { basicAuthorization } from '../../../agent/vault/basic-authorization.ts'
import { Secret } from '../../../agent/vault/secret.ts'

test('is name and password in UTF-8, with the colons of the password', () => {
  const value = basicAuthorization('agënt', new Secret('a:b'))

  expect(Buffer.from(value.replace('Basic ', ''), 'base64').toString()).toBe('agënt:a:b')
})
