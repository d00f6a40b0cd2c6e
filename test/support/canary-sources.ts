// Every place that a secret can come from, each with a secret of its own in it, and the configuration that names them.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { JumpCloud } from './jumpcloud/start.ts'

export type CanarySources = {
  /** The secrets by what they are. */
  readonly canaries: Readonly<Record<string, string>>
  /** Of the configuration: credential and writer of each connection, and the passwords of proxies. */
  readonly connections: Readonly<Record<string, object>>
  readonly passwords: { readonly plane: object; readonly jumpcloud: object }
  /** What the process needs to get at them. */
  readonly environment: Readonly<Record<string, string>>
  /** Written by the program that prints a secret: its own environment and arguments. */
  readonly childNote: string
}

/** Not only letters and digits, so that every form of it is a text of its own. */
const passwordOf = (what: string) => `${what}-pass~~~???>>+/%-word`

/** Files go into `directory`; all keys are of one organisation. */
export async function plantCanaries(directory: string, jumpcloud: JumpCloud): Promise<CanarySources> {
  const at = (...names: readonly string[]) => join(directory, ...names)
  const keyOf = (name: string) => jumpcloud.issue({ name }).secret
  const keys = { systemd: keyOf('systemd'), mount: keyOf('mount'), keychain: keyOf('keychain'), exec: keyOf('exec') }
  const [writer, desk] = [keyOf('writer'), keyOf('desk')]
  const { clientId, clientSecret } = jumpcloud.serviceAccount
  const passwords = { plane: passwordOf('plane'), jumpcloud: passwordOf('jumpcloud') }

  await mkdir(at('credentials'), { recursive: true })
  await writeFile(at('credentials', 'jumpcloud'), keys.systemd, { mode: 0o440 })
  await writeFile(at('credentials', 'proxy'), passwords.jumpcloud, { mode: 0o440 })
  const own = { account: clientSecret, writer, keychain: keys.keychain, exec: keys.exec, password: passwords.plane }
  for (const [name, text] of Object.entries(own)) await writeFile(at(name), `${text}\n`, { mode: 0o600 })
  await writeFile(at('mount'), keys.mount, { mode: 0o644 })
  await writeProgram(at('print-secret'))
  await writeKeychain(at('keychain.mjs'), at('keychain'))

  return {
    canaries: {
      'API key of a systemd credential': keys.systemd,
      'client secret of a file': clientSecret,
      'API key of a file, for changes': writer,
      'API key of a shared mount': keys.mount,
      'API key of the keychain': keys.keychain,
      'API key of a program': keys.exec,
      'API key of an environment variable': desk,
      'password of the proxy to the control plane': passwords.plane,
      'password of the proxy to JumpCloud': passwords.jumpcloud,
    },
    connections: connectionsOf(at, clientId),
    passwords: { plane: { file: at('password') }, jumpcloud: { systemd: 'proxy' } },
    environment: {
      CREDENTIALS_DIRECTORY: at('credentials'),
      DESK_KEY: desk,
      VAULT_ADDRESS: 'https://vault.example.com',
      NODE_OPTIONS: `--import=${at('keychain.mjs')}`,
    },
    childNote: at('child.note'),
  }
}

function connectionsOf(at: (name: string) => string, clientId: string) {
  const exec = { exec: [at('print-secret'), at('child.note'), at('exec')], execEnvironment: ['VAULT_ADDRESS'] }
  return {
    systemd: { credential: { systemd: 'jumpcloud' } },
    account: {
      credential: { kind: 'service_account', clientId, file: at('account') },
      writer: { file: at('writer') },
    },
    mount: { credential: { file: at('mount'), sharedMount: true } },
    keychain: { credential: { keychain: { service: 'sallyport', account: 'main' } } },
    exec: { credential: exec },
    env: { credential: { env: 'DESK_KEY' } },
  }
}

/** Notes what anybody on the host could read of it, before it prints what lies in its second argument. */
async function writeProgram(path: string): Promise<void> {
  const note = `{ tr '\\0' '\\n' < /proc/$$/environ; tr '\\0' '\\n' < /proc/$$/cmdline; } > "$1"`
  await writeFile(path, `#!/bin/sh\n${note}\ncat "$2"\n`, { mode: 0o700 })
}

/** A stand-in for the optional package, whose entry of any name is a file. */
async function writeKeychain(path: string, file: string): Promise<void> {
  const keytar = `import { readFile } from 'node:fs/promises'
export default { getPassword: () => readFile(${JSON.stringify(file)}, 'utf8') }`
  const url = `data:text/javascript,${encodeURIComponent(keytar)}`
  const hook = `import { registerHooks } from 'node:module'
const found = { url: ${JSON.stringify(url)}, format: 'module', shortCircuit: true }
registerHooks({ resolve: (name, context, next) => (name === 'keytar/keytar.js' ? found : next(name, context)) })
`
  await writeFile(path, hook)
}
