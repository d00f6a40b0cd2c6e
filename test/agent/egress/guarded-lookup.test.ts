import type { LookupAddress } from 'node:dns'
import { expect, test } from 'vitest'
import { guardLookup, kindsFor, type Resolve } from '../../../agent/egress/guarded-lookup.ts'

const answering =
  (...addresses: readonly string[]): Resolve =>
  (_, answer) =>
    answer(
      null,
      addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
    )

function look(resolve: Resolve, named = {}, all = true): Promise<string | LookupAddress[]> {
  const host = { hostname: 'console.jumpcloud.com', isProxy: false, isPrivate: false, ...named }
  const lookup = guardLookup({ allowed: kindsFor(host), leg: 'connections.main', resolve })
  return new Promise((done, fail) => {
    lookup(host.hostname, { all }, (error, found) => (error === null ? done(found) : fail(error)))
  })
}

test('gives every address of a name, or the first, as it is asked', async () => {
  expect(await look(answering('1.1.1.1', '2606:4700::1111'))).toHaveLength(2)
  expect(await look(answering('1.1.1.1', '2606:4700::1111'), {}, false)).toBe('1.1.1.1')
})

test.each(['10.0.0.1', '127.0.0.1', '169.254.169.254', '::ffff:10.0.0.1', '0.0.0.0', '224.0.0.1', '100.64.0.1'])(
  'refuses a name that DNS leads to %s, by itself or among others',
  async (address) => {
    const refusal = {
      code: 'EGRESS_REFUSED',
      message: expect.stringMatching(/own egress guard: DNS leads console\.jumpcloud\.com to /),
    }
    await expect(look(answering(address))).rejects.toMatchObject(refusal)
    await expect(look(answering('1.1.1.1', address), {}, false)).rejects.toMatchObject(refusal)
  },
)

test('lets a name be private where the customer says so, or it is a proxy, but never link-local', async () => {
  for (const named of [{ isPrivate: true }, { isProxy: true }]) {
    expect(await look(answering('10.0.0.1'), named)).toHaveLength(1)
    expect(await look(answering('127.0.0.1'), named)).toHaveLength(1)
    await expect(look(answering('169.254.169.254'), named)).rejects.toThrow('which is link-local')
  }
})

test('says how a private name is permitted, and not where that would not help', async () => {
  await expect(look(answering('10.0.0.1'))).rejects.toThrow('set connections.main.privateAddress: true')
  await expect(look(answering('169.254.1.1'))).rejects.not.toThrow('privateAddress')
})

test('takes localhost for this host alone', async () => {
  const localhost = { hostname: 'localhost' }
  expect(await look(answering('127.0.0.1', '::1'), localhost)).toHaveLength(2)
  await expect(look(answering('1.1.1.1'), localhost)).rejects.toThrow('egress guard')
})

test('hands on what DNS could not do, and refuses what is no address', async () => {
  const failure = new Error('getaddrinfo ENOTFOUND')
  await expect(look((_, answer) => answer(failure, []))).rejects.toBe(failure)
  await expect(look(answering('console'))).rejects.toThrow('egress guard')
})
