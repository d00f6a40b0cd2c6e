// The real keychain of a Linux desktop, without the desktop: a D-Bus session of its own and GNOME Keyring on it, of the Debian packages
// dbus, gnome-keyring and libsecret-tools.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { until } from './until.ts'

export type GnomeKeyring = AsyncDisposable & {
  /** What a program of this desktop session has in its environment. */
  readonly environment: Readonly<Record<string, string>>
  /** Puts a secret there, or in the place of the one that is there, as docs/credentials.md says. */
  store(service: string, account: string, secret: string): Promise<void>
  /** Nobody has given its password any more, and nobody is there to be asked for it. */
  lock(): Promise<void>
}

/** Unlocked. Its files lie in `directory`. Throws where one of the packages is missing. */
export async function startGnomeKeyring(directory: string): Promise<GnomeKeyring> {
  await using parts = new AsyncDisposableStack()
  const places = { HOME: join(directory, 'home'), XDG_RUNTIME_DIR: join(directory, 'runtime') }
  for (const place of Object.values(places)) await mkdir(place, { mode: 0o700 })
  const bus = own(parts, 'dbus-daemon', ['--session', '--nofork', '--nopidfile', '--print-address'], places)
  const address = await Promise.race([firstLine(bus), mustNotEnd(bus, 'dbus-daemon')])
  const environment = { ...places, DBUS_SESSION_BUS_ADDRESS: address, PATH: String(process.env.PATH) }
  const keyring = {
    environment,
    current: await open(parts, environment, ['--unlock']),
  }
  const owned = parts.move()
  return {
    environment,
    store: async (service, account, secret) => {
      const words = ['store', '--label=Sallyport', 'service', service, 'username', account]
      const asked = promisify(execFile)('secret-tool', words, { env: environment })
      asked.child.stdin?.end(secret)
      await asked
    },
    lock: async () => {
      await end(keyring.current)
      keyring.current = await open(owned, environment, [])
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

type Environment = Readonly<Record<string, string>>

/** On the bus when it resolves: before that, whoever asks would have the bus start another one, locked. */
async function open(parts: AsyncDisposableStack, environment: Environment, words: readonly string[]) {
  const daemon = own(parts, 'gnome-keyring-daemon', ['--foreground', '--components=secrets', ...words], environment)
  daemon.stdin?.end('the password of the login keyring')
  const question = ['--session', '--print-reply', '--dest=org.freedesktop.DBus', '/org/freedesktop/DBus']
  const isThere = async () => {
    const asked = ['org.freedesktop.DBus.NameHasOwner', 'string:org.freedesktop.secrets']
    const { stdout } = await promisify(execFile)('dbus-send', [...question, ...asked], { env: environment })
    return stdout.includes('boolean true')
  }
  await Promise.race([until(isThere), mustNotEnd(daemon, 'gnome-keyring-daemon')])
  return daemon
}

function own(parts: AsyncDisposableStack, command: string, words: readonly string[], env: Environment): ChildProcess {
  const child = spawn(command, words, { env: { PATH: process.env.PATH, ...env }, stdio: ['pipe', 'pipe', 'ignore'] })
  parts.defer(() => end(child))
  return child
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return
  const ended = once(child, 'exit')
  child.kill('SIGKILL')
  await ended
}

async function firstLine({ stdout }: ChildProcess): Promise<string> {
  if (stdout === null) throw new Error('its output is not read')
  for await (const line of createInterface({ input: stdout })) return line
  return ''
}

async function mustNotEnd(child: ChildProcess, name: string): Promise<never> {
  const needs = 'this story needs the Debian packages dbus, gnome-keyring and libsecret-tools'
  const [code] = await once(child, 'exit').catch((cause: unknown) => {
    throw new Error(`${name} cannot be started: ${needs}`, { cause })
  })
  throw new Error(`${name} ended with ${code}: ${needs}`)
}
