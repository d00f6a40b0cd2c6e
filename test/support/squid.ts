// The real squid, of the Debian package of that name, as a proxy that asks for a user name and a password.

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'

export type Squid = AsyncDisposable & {
  readonly url: string
  /** Status and target of each CONNECT so far, whole connections only: `200 localhost:443 agent`. */
  connects(): Promise<readonly string[]>
  /** It is gone at once, and with it every connection through it. */
  stop(): Promise<void>
  /** On the same port. */
  start(): Promise<void>
}

const [program, helper] = ['/usr/sbin/squid', '/usr/lib/squid/basic_ncsa_auth']

export type SquidUser = { readonly username: string; readonly password: string }

/** Its files lie in `directory`. Throws where squid is not installed. */
export async function startSquid(directory: string, user: SquidUser): Promise<Squid> {
  if (!existsSync(program) || !existsSync(helper)) {
    throw new Error(`these stories run through the real squid, and ${program} is not here: apt-get install squid`)
  }
  const port = await freePort()
  const log = join(directory, 'log')
  const configuration = await writeFiles({ directory, log, port, user })
  const running: { current?: Awaited<ReturnType<typeof run>> } = {}
  const squid = {
    url: `http://127.0.0.1:${port}`,
    connects: async () => {
      const lines = (await readFile(join(log, 'access.log'), 'utf8')).split('\n')
      return lines.flatMap((line) => {
        const [, status, target, name] = /\/(\d+) \d+ CONNECT (\S+) (\S+)/.exec(line) ?? []
        return status === undefined ? [] : [`${status} ${target} ${name}`]
      })
    },
    stop: async () => {
      await running.current?.end()
      delete running.current
    },
    start: async () => {
      running.current ??= await run(configuration)
    },
    [Symbol.asyncDispose]: () => squid.stop(),
  }
  await squid.start()
  return squid
}

type Files = { readonly directory: string; readonly log: string; readonly port: number; readonly user: SquidUser }

async function writeFiles({ directory, log, port, user: { username, password } }: Files): Promise<string> {
  // Started by root it works as a user of its own, who has to get at all this.
  await chmod(directory, 0o755)
  await mkdir(log)
  await chmod(log, 0o777)
  const [users, configuration] = [join(directory, 'users'), join(directory, 'squid.conf')]
  const { stdout } = await promisify(execFile)('openssl', ['passwd', '-apr1', password])
  await writeFile(users, `${username}:${stdout}`)
  const lines = [
    `http_port 127.0.0.1:${port}`,
    'pid_filename none',
    `access_log stdio:${join(log, 'access.log')}`,
    `cache_log ${join(log, 'cache.log')}`,
    'buffered_logs off',
    'cache deny all',
    'coredump_dir none',
    'max_filedescriptors 1024',
    `auth_param basic program ${helper} ${users}`,
    'auth_param basic children 1',
    'acl known proxy_auth REQUIRED',
    'http_access allow known',
    'http_access deny all',
    '',
  ]
  await writeFile(configuration, lines.join('\n'))
  return configuration
}

async function run(configuration: string) {
  // A group of its own, because it starts processes too.
  const child = spawn(program, ['-N', '-d', '1', '-f', configuration], {
    detached: true,
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const ended = once(child, 'close')
  const ready = Promise.withResolvers<void>()
  const said: string[] = []
  createInterface({ input: child.stderr }).on('line', (line) => {
    said.push(line)
    if (line.includes('Accepting HTTP Socket connections')) ready.resolve()
  })
  void ended.then(() => ready.reject(new Error(`squid ended before it was ready:\n${said.join('\n')}`)))
  await ready.promise
  return {
    end: async () => {
      if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGKILL')
      await ended
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
