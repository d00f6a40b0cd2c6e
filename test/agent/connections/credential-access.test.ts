import { expect, test } from 'vitest'
import { createAccess } from '../../../agent/connections/credential-access.ts'
import type { Token } from '../../../agent/jumpcloud/token.ts'
import { createLeakGuard } from '../../../agent/vault/leak-guard.ts'
import { openSecret, Secret } from '../../../agent/vault/secret.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const source = { env: 'SECRET' }

function openAccount() {
  const clock = createFakeClock()
  const guard = createLeakGuard()
  const asked: PromiseWithResolvers<Token>[] = []
  const secrets = [new Secret('client-secret-0123456789')]
  const access = createAccess({
    ...{ name: 'main', guard, clock },
    settings: { kind: 'service_account', clientId: 'account', source },
    secret: () => secrets[0],
    fetchToken: () => {
      const answer = Promise.withResolvers<Token>()
      asked.push(answer)
      return answer.promise
    },
    organisationId: () => undefined,
  })
  const give = async (text: string, lifetimeMs = 3_600_000) => {
    const ready = access.ready([])
    asked.at(-1)?.resolve({ secret: new Secret(text), lifetimeMs })
    await ready
  }
  const textNow = () => {
    const pass = access.current()
    return pass && openSecret(pass.secret)
  }
  return { access, asked, clock, guard, secrets, give, textNow }
}

test('asks for one token, however many wait for it', async () => {
  const { access, asked, give, textNow } = openAccount()

  const waiting = [access.ready([]), access.ready([])]
  await give('first-token-0123456789')
  await Promise.all(waiting)

  expect(asked).toHaveLength(1)
  expect(textNow()).toBe('first-token-0123456789')
})

test('asks for another a minute before the token ends', async () => {
  const { clock, give, textNow } = openAccount()
  await give('first-token-0123456789', 3_600_000)

  await clock.advance(3_539_999)
  expect(textNow()).toBe('first-token-0123456789')
  await clock.advance(1)
  expect(textNow()).toBeUndefined()

  await give('second-token-0123456789')
  expect(textNow()).toBe('second-token-0123456789')
})

test('tries one more token where one that had worked is refused, and none where it never did', async () => {
  const { access, give } = openAccount()
  await give('first-token-0123456789')
  const [first] = [access.current()]
  if (first === undefined) throw new Error('expected a pass')
  access.worked(first)

  expect(access.refused(first)).toBe(true)
  await give('second-token-0123456789')
  const second = access.current()
  if (second === undefined) throw new Error('expected a pass')
  expect(access.refused(second)).toBe(false)
  expect(access.refused(first)).toBe(true)
})

test('guards the token as it guards the secret', async () => {
  const { give, guard } = openAccount()

  await give('first-token-0123456789')

  expect(guard.contains('{"a":"first-token-0123456789"}', 'frame')).toMatchObject({ name: 'main.token' })
})

test('asks anew for a secret that took over', async () => {
  const { secrets, give, textNow } = openAccount()
  await give('first-token-0123456789')

  secrets[0] = new Secret('another-secret-0123456789')

  expect(textNow()).toBeUndefined()
})

test('leaves the others waiting when one call is called off', async () => {
  const { access, give } = openAccount()
  const stopping = new AbortController()
  const [called, other] = [access.ready([stopping.signal]), access.ready([])]
  const calledOff = expect(called).rejects.toThrow('enough')

  stopping.abort(new Error('enough'))
  await calledOff
  await give('first-token-0123456789')

  await other
})

test('sends a key that was replaced meanwhile again with the new one, and no other', async () => {
  let secret: Secret | undefined = new Secret('first')
  const access = createAccess({
    ...{ name: 'main', guard: createLeakGuard(), clock: createFakeClock() },
    settings: { kind: 'api_key', source },
    secret: () => secret,
    fetchToken: () => Promise.reject(new Error('no token is asked for')),
    organisationId: () => undefined,
  })
  const pass = access.current()
  if (pass === undefined) throw new Error('expected a pass')

  expect(access.refused(pass)).toBe(false)
  secret = new Secret('second')
  expect(access.refused(pass)).toBe(true)
  secret = undefined
  await expect(access.ready([])).rejects.toMatchObject({ code: 'credential_missing' })
})
