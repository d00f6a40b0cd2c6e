// The keychain of the operating system, through the interface of keytar. The package is optional and is loaded only when a
// source asks for it: a service without a desktop has no keychain, and needs none.

import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { z } from 'zod'
import type { Clock } from '../ports/clock.ts'

export type KeychainEntry = { readonly service: string; readonly account: string }

export type KeychainHost = {
  readonly environment: Readonly<Record<string, string | undefined>>
  readonly clock: Pick<Clock, 'after'>
  /** Default: the package `keytar`, if it is installed. */
  readonly loadKeychain?: (() => Promise<unknown>) | undefined
}

type GetPassword = (service: string, account: string) => Promise<unknown>

const keychain = z.object({ getPassword: z.custom<GetPassword>((value) => typeof value === 'function') })
/** A CommonJS module, as `import` shows it. */
const loaded = z.union([keychain, z.object({ default: keychain }).transform((whole) => whole.default)])

/** Not a literal, because compiler and bundler would want the package to be there. */
const keytar = 'keytar/keytar.js'

/** A locked keychain may ask a person, whom a service does not have. */
const answerMs = 10_000

/** Rejects with `secret_missing` or `secret_unreadable`, whose messages begin with `doing`. */
export async function readKeychain(entry: KeychainEntry, host: KeychainHost, doing: string): Promise<string> {
  const { loadKeychain = () => import(keytar) } = host
  const { getPassword } = await loadKeychain()
    .then((found) => loaded.parse(found))
    .catch((cause: unknown) => {
      const why =
        'the optional package keytar is not installed here or does not fit this system; install it, or name another source'
      throw new SallyportError('secret_unreadable', `${doing}: ${why}`, { cause })
    })
  const found = await inTime(getPassword(entry.service, entry.account), host.clock).catch((cause: unknown) => {
    throw new SallyportError('secret_unreadable', `${doing}: ${whyClosed(host)}`, { cause })
  })
  if (typeof found === 'string') return found
  throw new SallyportError('secret_missing', `${doing}: ${whyNothing(host)}`)
}

const noSession =
  'this process has no D-Bus session (DBUS_SESSION_BUS_ADDRESS is not set), which the keychain of a Linux desktop needs; a service reads a systemd credential or a file instead'

/** What the library says of it is no code that could be relied on; what the process was given tells the cases apart. */
function whyClosed(host: KeychainHost): string {
  return isHeadless(host)
    ? `the keychain does not answer, and ${noSession}`
    : 'the keychain is locked, or does not let this user in; unlock it in the session of the user that the agent runs as'
}

/** The library asks the kernel's keyring where it finds no desktop's, and says no more than that it has none. */
function whyNothing(host: KeychainHost): string {
  return isHeadless(host)
    ? `there is no such entry, and ${noSession}`
    : 'the keychain of this user has no such entry; store the secret there as the user that the agent runs as'
}

const isHeadless = ({ environment }: KeychainHost) =>
  !environment.DBUS_SESSION_BUS_ADDRESS && !environment.XDG_RUNTIME_DIR

async function inTime(answer: Promise<unknown>, clock: Pick<Clock, 'after'>): Promise<unknown> {
  const { promise, reject } = Promise.withResolvers<never>()
  const stopTimer = clock.after(answerMs, () => reject(new Error(`no answer within ${answerMs} ms`)))
  return await Promise.race([answer, promise]).finally(stopTimer)
}
