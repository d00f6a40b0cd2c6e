// The installed service: the Debian package on a booted Debian, started by its systemd, as customers have it.

import { spawnSync } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { type InstalledWorld, startInstalledWorld, version } from '../../test/support/installed-agent.ts'
import { privateMiBIn } from './process-figures.ts'
import type { ServiceFigures } from './results.ts'
import { median } from './statistics.ts'

const settleMs = 500
const tools = ['mmdebstrap', 'systemd-nspawn', 'setpriv', 'dpkg-deb', 'strip', 'cc', 'zstd']

/** What this machine lacks to boot a Debian and to build what is installed there; undefined where nothing is. */
export function whyNoService(): string | undefined {
  if (`${process.platform} ${process.arch}` !== 'linux x64') return 'the executable is for Linux x64'
  if (process.getuid?.() !== 0) return 'only root can boot a Debian'
  const missing = tools.filter((tool) => spawnSync('sh', ['-c', `command -v ${tool}`]).status !== 0)
  return missing.length === 0 ? undefined : `this machine has no ${missing.join(', ')}`
}

/** Medians of so many starts, after the first, which setup makes. */
export async function benchService(startCount: number): Promise<ServiceFigures> {
  await using world = await startInstalledWorld()
  await world.host.run('dpkg', '-i', `/srv/sallyport_${version}_amd64.deb`)
  await world.setUp()
  await world.ready()
  const starts: ServiceFigures[] = []
  while (starts.length < startCount) starts.push(await restart(world))
  return {
    sessionMs: median(starts.map(({ sessionMs }) => sessionMs)),
    idleMiB: median(starts.map(({ idleMiB }) => idleMiB)),
  }
}

async function restart({ host, ready, read, property }: InstalledWorld): Promise<ServiceFigures> {
  await host.run('systemctl', 'restart', 'sallyport')
  const pid = await ready()
  const answer = await read()
  if (answer !== 'done') throw new Error(`measure the service: its first run came to ${answer}`)
  await sleep(settleMs)
  const startedUs = Number(await property('ExecMainStartTimestampMonotonic'))
  const lines = await host.run(
    'journalctl',
    '--output=json',
    '--unit=sallyport',
    `_PID=${pid}`,
    '--grep=session.opened',
  )
  return {
    sessionMs: (openedUs(lines) - startedUs) / 1000,
    idleMiB: privateMiBIn(await host.run('cat', `/proc/${pid}/status`)),
  }
}

const line = z.object({ __MONOTONIC_TIMESTAMP: z.coerce.number() })

/** When journald had the line, on the clock that systemd starts processes by. */
function openedUs(lines: string): number {
  const [first = ''] = lines.split('\n')
  return line.parse(JSON.parse(first)).__MONOTONIC_TIMESTAMP
}
