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

test('names a systemd credential, an entry of the keychain, or a program with what it may see and how long it may take', () => {
  const sourceOf = (named: unknown) => credential.parse(named).source

  expect(sourceOf({ systemd: 'jumpcloud-main' })).toEqual({ systemd: 'jumpcloud-main' })
  expect(sourceOf({ file: '/a', sharedMount: true })).toEqual({ file: '/a', sharedMount: true })
  expect(sourceOf({ keychain: { service: 'sallyport', account: 'main' } })).toEqual({
    keychain: { service: 'sallyport', account: 'main' },
  })
  expect(sourceOf({ exec: ['/usr/bin/vault', 'read'], execEnvironment: ['VAULT_ADDR'] })).toEqual({
    exec: { command: ['/usr/bin/vault', 'read'], environment: ['VAULT_ADDR'], timeoutMs: 10_000 },
  })
})

test.each([
  { systemd: '../shadow' },
  { file: 'relative' },
  { exec: ['vault'] },
  { exec: [] },
  { keychain: { service: '', account: 'a' } },
  { env: 'A', execTimeoutMs: 1000 },
  { env: 'A', sharedMount: true },
  { file: '/a', systemd: 'a' },
])('refuses %j', (named) => {
  expect(credential.safeParse(named).success).toBe(false)
})
