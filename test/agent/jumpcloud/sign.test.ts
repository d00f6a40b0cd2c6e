import { expect, test } from 'vitest'
import { signed } from '../../../agent/jumpcloud/sign.ts'
import { Secret } from '../../../agent/vault/secret.ts'

test('adds the key to the headers, and leaves those that it was given alone', () => {
  const headers = { accept: 'application/json' }

  expect(signed(headers, { kind: 'api_key', secret: new Secret('jca_key') })).toEqual({
    accept: 'application/json',
    'x-api-key': 'jca_key',
  })
  expect(headers).toEqual({ accept: 'application/json' })
})
