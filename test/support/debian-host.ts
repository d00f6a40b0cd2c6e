// A Debian with systemd as its first process, booted in a container of its own (systemd-nspawn) on a copy of a base that is made from
// the machine's own package sources. It shares the network of the machine. Needs root, mmdebstrap and systemd-container.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { type DebianRelease, makeDebianTree } from './debian-tree.ts'
import { type Ended, finishCommand } from './finish-command.ts'
import { until } from './until.ts'

export type DebianHost = AsyncDisposable & {
  /** Its root, as the machine sees it. */
  readonly root: string
  /** Runs a command there, as root; the output without its last newline. Throws where it ends otherwise than with 0. */
  run(command: string, ...words: readonly string[]): Promise<string>
  /** What runs a command there, for whoever starts it themselves. */
  enter(command: string, ...words: readonly string[]): readonly string[]
  /** The same as `run`, and gives what it ended with. */
  attempt(command: string, ...words: readonly string[]): Promise<Ended>
  /** Powers it off and boots it again. */
  reboot(): Promise<void>
}

const packages = ['systemd', 'systemd-sysv', 'dbus', 'libstdc++6', 'apt']
const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/** What every host of a release begins with; half a minute. */
export async function makeDebianBase(folder: string, release: DebianRelease): Promise<void> {
  await makeDebianTree(folder, release, packages)
  await writeFile(join(folder, 'etc/hostname'), 'onprem\n')
  // Empty: each host draws its own when it boots.
  await writeFile(join(folder, 'etc/machine-id'), '')
}

/** Boots a copy of the base that lies in `folder`, and goes with it. */
export async function startDebianHost(base: string, folder: string): Promise<DebianHost> {
  await mkdir(folder, { recursive: true })
  const root = join(folder, 'root')
  await finishCommand('cp', ['-a', '--reflink=auto', base, root])
  const current = { container: await boot(root) }
  const enter: DebianHost['enter'] = (command, ...words) => {
    const inside = ['-t', String(current.container.leader), '-m', '-p', '-u', '-i', '-n', '-C', '--']
    return ['nsenter', ...inside, 'env', '-i', `PATH=${path}`, 'LC_ALL=C', command, ...words]
  }
  const attempt: DebianHost['attempt'] = (...command) => {
    const [program = '', ...words] = enter(...command)
    return finishCommand(program, words)
  }
  return {
    root,
    enter,
    attempt,
    run: async (command, ...words) => {
      const { code, out, complaints } = await attempt(command, ...words)
      if (code === 0) return out.trimEnd()
      throw new Error(`${[command, ...words].join(' ')} ended with ${code} on the host:\n${out}${complaints}`)
    },
    reboot: async () => {
      await current.container.powerOff()
      current.container = await boot(root)
    },
    [Symbol.asyncDispose]: async () => {
      await current.container.powerOff()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

async function boot(root: string) {
  const flags = ['-q', '-b', '-D', root, '-M', 'onprem', '--register=no', '--keep-unit', '--console=pipe']
  // Ends with this process, whatever ends that.
  const container = spawn('setpriv', ['--pdeathsig', 'KILL', 'systemd-nspawn', ...flags], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = Promise.all([text(container.stdout), text(container.stderr)])
  const ended = once(container, 'close')
  const isOver = () => container.exitCode !== null || container.signalCode !== null
  const leaderOf = async (pid: number) => {
    if (isOver()) throw new Error(`boot a Debian: systemd-nspawn ended:\n${(await said).join('\n')}`)
    const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8').catch(() => '')
    return Number(children.trim().split(' ')[0])
  }
  const stage = { leader: 0 }
  await until(async () => {
    stage.leader = await leaderOf(container.pid ?? 0)
    if (stage.leader === 0) return false
    const inside = ['-t', String(stage.leader), '-m', '-p', '-u', '-i', '-n', '-C', '--']
    const { out } = await finishCommand('nsenter', [...inside, 'systemctl', 'is-system-running', '--wait'])
    return /^(running|degraded)/.test(out)
  })
  return {
    leader: stage.leader,
    powerOff: async () => {
      // SIGRTMIN+4, which systemd takes for an order to power off (systemd(1), SIGNALS).
      if (!isOver()) await finishCommand('kill', ['-38', String(stage.leader)])
      await ended
    },
  }
}
