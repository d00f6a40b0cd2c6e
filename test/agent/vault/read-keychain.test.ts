import { expect, test } from 'vitest'
import { type KeychainHost, readKeychain } from '../../../agent/vault/read-keychain.ts'
import { createFakeClock } from '../../support/fake-clock.ts'

const entry = { service: 'sallyport', account: 'main' }

const read = (host: Partial<KeychainHost>) =>
  readKeychain(entry, { environment: {}, clock: createFakeClock(), ...host }, 'read it')

const keychain = (getPassword: (service: string, account: string) => Promise<unknown>) => ({
  loadKeychain: async () => ({ default: { getPassword } }),
})

test('reads the entry of this service and account', async () => {
  const found = await read(keychain(async (service, account) => `${service} ${account}`))

  expect(found).toBe('sallyport main')
})

test('says that an entry is not there, and where there is no D-Bus session, that too', async () => {
  const empty = keychain(async () => null)
  const environment = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/user/1000/bus' }

  await expect(read({ ...empty, environment })).rejects.toMatchObject({
    code: 'secret_missing',
    message: expect.stringMatching(/the keychain of this user has no such entry; store/),
  })
  await expect(read(empty)).rejects.toThrow('there is no such entry, and this process has no D-Bus session')
})

test('says that the package is not installed', async () => {
  const loadKeychain = () => Promise.reject(new Error('no such package'))

  await expect(read({ loadKeychain })).rejects.toMatchObject({
    code: 'secret_unreadable',
    message: expect.stringContaining('the optional package keytar is not installed'),
  })
})

test('tells a host without a D-Bus session from a keychain that is locked', async () => {
  const closed = keychain(() => Promise.reject(new Error('zbus error')))

  await expect(read(closed)).rejects.toThrow('has no D-Bus session')
  const environment = { DBUS_SESSION_BUS_ADDRESS: 'unix:path=/run/user/1000/bus' }
  await expect(read({ ...closed, environment })).rejects.toThrow('the keychain is locked')
})

test('does not wait for a person who unlocks it', async () => {
  const clock = createFakeClock()
  const reading = read({ ...keychain(() => new Promise(() => {})), clock })
  const refused = expect(reading).rejects.toMatchObject({ code: 'secret_unreadable' })

  await clock.asleep(10_000)
  await clock.advance(10_000)

  await refused
})
