import { expect, test } from 'vitest'
import { systemRandom } from '../../../control-plane/ports/random.ts'
import { openSqliteStore } from '../../../control-plane/store/sqlite.ts'
import { createTokens } from '../../../control-plane/tokens/tokens.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const minute = 60_000
const ops = { name: 'ops', scopes: ['runs:write@acme', 'agents:read'], ttlMs: minute }

async function setUp() {
  const store = await openSqliteStore({ path: ':memory:' })
  const clock = createFakeClock()
  const tokens = createTokens({ store, clock, random: systemRandom })
  return { store, clock, tokens, [Symbol.asyncDispose]: () => store.close() }
}

test('a token is shown once and only its hash is kept', async () => {
  await using world = await setUp()

  const { text } = await world.tokens.create(ops)

  expect(text).toMatch(/^spt_[A-Za-z0-9_-]{43}$/)
  expect(JSON.stringify(await world.store.tokens.list())).not.toContain(text.slice(4))
  expect(Object.keys((await world.tokens.list())[0] ?? {})).not.toContain('hash')
})

test('a token lets in with its scopes, for the agent that they name', async () => {
  await using world = await setUp()
  const { text } = await world.tokens.create(ops)

  const caller = await world.tokens.authenticate(`bearer ${text}`)

  expect(caller.name).toBe('ops')
  expect(caller.may('runs:write')).toBe(true)
  expect(caller.may('runs:write', 'acme')).toBe(true)
  expect(caller.may('runs:write', 'other')).toBe(false)
  expect(caller.may('runs:read', 'acme')).toBe(false)
  expect(caller.may('agents:read', 'other')).toBe(true)
  expect(() => caller.require('runs:write', 'other')).toThrow('runs:write@other')
})

test.for([
  ['token_missing', undefined],
  ['token_wrong', 'Basic b3BzOm9wcw=='],
  ['token_wrong', 'Bearer spt_tooshort'],
  ['token_wrong', `Bearer spt_${'A'.repeat(43)}`],
] as const)('answers %s for the header %s', async ([code, header]) => {
  await using world = await setUp()

  await expect(world.tokens.authenticate(header)).rejects.toMatchObject({ code })
})

test('a token ends at its instant, and when it is revoked', async () => {
  await using world = await setUp()
  const short = await world.tokens.create(ops)
  const revoked = await world.tokens.create({ ...ops, name: 'other', ttlMs: 2 * minute })

  world.clock.advance(minute)
  await world.tokens.revoke('other')

  await expect(world.tokens.authenticate(`Bearer ${short.text}`)).rejects.toMatchObject({ code: 'token_expired' })
  await expect(world.tokens.authenticate(`Bearer ${revoked.text}`)).rejects.toMatchObject({ code: 'token_wrong' })
  await expect(world.tokens.revoke('nobody')).rejects.toMatchObject({ code: 'token_unknown' })
})

test.for([
  [{ ...ops, scopes: [] }, 'scopes'],
  [{ ...ops, scopes: ['runs:all'] }, 'scopes.0: a scope is one of'],
  [{ ...ops, name: 'Ops Team' }, 'name'],
  [{ ...ops, ttlMs: 0 }, 'at least a second'],
  [{ ...ops, ttlMs: 400 * 24 * 60 * minute }, 'at most 366 days'],
] as const)('refuses to make %j', async ([wanted, why]) => {
  await using world = await setUp()

  const made = world.tokens.create(wanted)

  await expect(made).rejects.toMatchObject({ code: 'request_invalid', message: expect.stringContaining(why) })
})

test('a name is given once, even after its token was revoked', async () => {
  await using world = await setUp()
  await world.tokens.create(ops)
  await world.tokens.revoke('ops')

  await expect(world.tokens.create(ops)).rejects.toMatchObject({ code: 'name_taken' })
})
