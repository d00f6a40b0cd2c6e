// The Debian package on a booted Debian, from its installation to the last trace of it. One host lives through all of it, in this order.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { addHardening } from '../support/added-hardening.ts'
import { type InstalledWorld, nextVersion, startInstalledWorld, state, version } from '../support/installed-agent.ts'
import { goBySquid } from '../support/squid-way.ts'
import { until } from '../support/until.ts'

const patienceMs = 180_000
const dropIn = '/etc/systemd/system/sallyport.service.d/watchdog.conf'
const stage: { world?: InstalledWorld } = {}
const world = (): InstalledWorld => {
  if (stage.world === undefined) throw new Error('it is there while tests run, not before')
  return stage.world
}
const install = (which: string) => world().host.run('dpkg', '-i', `/srv/sallyport_${which}_amd64.deb`)
beforeAll(async () => {
  stage.world = await startInstalledWorld()
}, patienceMs)

afterAll(async () => await stage.world?.[Symbol.asyncDispose](), patienceMs)

test('the package installs, setup makes a service of it that is ready, and a control plane outside runs a job', async () => {
  const { host, setUp, ready, property, read, look } = world()

  await install(version)
  const said = await setUp()

  await ready()
  expect(said).toMatch(/next sallyport doctor/)
  expect(await read()).toBe('done')
  expect(await property('StatusText')).toMatch(/^session to http:\/\/127\.0\.0\.1:\d+ since /)
  expect(await host.run('systemctl', 'is-enabled', 'sallyport')).toBe('enabled')
  expect(await look()).toMatch(/^doctor ended with 0, (ok|warn), failed: none; bundle 600 root$/)
})

test('its process is nobody in particular, writes no core, and holds at most 30 MB of private memory', async () => {
  const { host, ready } = world()
  const pid = await ready()

  const status = await host.run('cat', `/proc/${pid}/status`)
  const limits = await host.run('cat', `/proc/${pid}/limits`)

  const [, uid = '0'] = /^Uid:\s+(\d+)/m.exec(status) ?? []
  const [, privateKb = '0'] = /^RssAnon:\s+(\d+) kB/m.exec(status) ?? []
  expect(Number(uid)).toBeGreaterThan(60_000)
  expect(limits).toMatch(/^Max core file size\s+0\s+0/m)
  expect(Number(privateKb)).toBeGreaterThan(0)
  expect(Number(privateKb)).toBeLessThanOrEqual(30_000)
})

test('survives kill -9: systemd starts it again, and it is the same replica', async () => {
  const { host, ready, read } = world()
  const [pid, before] = [await ready(), await world().replica()]

  await host.run('sh', '-c', `kill -9 ${pid}`)
  await until(async () => (await ready()) !== pid)

  expect(await read()).toBe('done')
  expect(await world().replica()).toBe(before)
})

test('a loop that stands still is ended by the watchdog, and a new one takes over', async () => {
  const { host, write, ready, property, read } = world()
  const hang = await write('/usr/local/hang.cjs', "process.on('SIGUSR2', () => { for (;;); })", 0o644)
  await write(dropIn, `[Service]\nWatchdogSec=2s\nEnvironment=NODE_OPTIONS=--require=${hang}\n`)
  await host.run('systemctl', 'daemon-reload')
  await host.run('systemctl', 'restart', 'sallyport')
  const pid = await ready()

  await host.run('sh', '-c', `kill -USR2 ${pid}`)
  await until(async () => (await property('MainPID')) !== String(pid))

  const journal = await host.run('journalctl', '-u', 'sallyport', '-o', 'cat', '--no-pager')
  expect(journal).toMatch(/Watchdog timeout \(limit 2s\)!/)
  expect(await ready()).not.toBe(pid)
  expect(await read()).toBe('done')
  await host.run('rm', dropIn, hang)
})

test('survives a reboot of the host: the service comes up by itself, with its journal', async () => {
  const { host, ready, read } = world()
  const before = await world().ledgerLength()

  await host.reboot()
  await ready()

  expect(await world().ledgerLength()).toBeGreaterThan(before)
  expect(await read()).toBe('done')
})

test('a full disk stops no reads; what is wrong is said, and it is over when there is room', async () => {
  const { host, ready, property, read } = world()
  const sh = (script: string) => host.run('sh', '-ec', script)
  const { journal, ledger, warnings } = { ...(await world().status()) }
  expect([journal.name, ledger.name, warnings]).toEqual(['ok', 'ok', []])
  await sh(`systemctl stop sallyport; cp -a ${state} /srv/state; mount -t tmpfs -o size=6m,mode=0700 none ${state}`)
  await sh(`cp -a /srv/state/. ${state}/; systemctl start sallyport`)
  const pid = await ready()

  await host.attempt('dd', 'if=/dev/zero', `of=${state}/filler`, 'bs=64')
  const answers = new Set<string>()
  // What is begun already of each file takes a few more.
  await until(async () => {
    answers.add(await read())
    return (await world().status()).warnings.some((warning) => /journal|ledger/.test(warning))
  })
  await host.run('rm', `${state}/filler`)
  await until(async () => (await read()) === 'done' && (await world().status()).warnings.length === 0)

  expect([...answers]).toEqual(['done'])
  const warned = await host.run('journalctl', '-u', 'sallyport', '-p', 'warning', '-o', 'cat', '--no-pager')
  expect(warned).toMatch(/^{"level":"(warn|error)"/m)
  expect(warned).not.toContain('"level":"info"')
  expect(await property('MainPID')).toBe(String(pid))
  await sh(`systemctl stop sallyport; cp -a ${state} /srv/full; umount ${state}; rm -r /srv/state`)
  await sh(`cp -a /srv/full/. ${state}/; rm -r /srv/full; systemctl start sallyport`)
})

test('a control plane that is away is no failure of the service, and is found again', async () => {
  const { host, plane, property, ready, read } = world()
  await plane.stop()

  await host.run('systemctl', 'restart', 'sallyport')
  expect(await property('StatusText')).toMatch(/^takes no work: there is no session to /)
  await plane.start()

  await ready()
  expect([await read(), await property('NRestarts')]).toEqual(['done', '0'])
})

test('takes another key by a restart', async () => {
  const { host, write, simulator, ready, read } = world()
  await write('/srv/new-key', await simulator.issue('the new one'))

  await host.run('sallyport', 'token', 'set', 'main', '--from-file', '/srv/new-key')
  await host.run('systemctl', 'restart', 'sallyport')
  await ready()

  expect(await read()).toBe('done')
  const last = (await simulator.requests()).at(-1)
  expect(JSON.stringify(last)).toContain('the new one')
})

test('runs with all that docs/hardening.md adds: secrets that only this host can open, limits, a filter of addresses', async () => {
  const { ready, property, read, status } = world()

  await addHardening(world())

  await ready()
  expect([await read(), await property('Result'), await property('MemoryMax')]).toEqual([
    'done',
    'success',
    '268435456',
  ])
  expect((await status()).journal.name).toBe('ok')
})

test('goes through a squid that asks for a password, on both ways', async () => {
  await using way = await goBySquid(world())

  expect(await world().read()).toBe('done')
  // It writes a line when a connection has ended.
  await world().host.run('systemctl', 'stop', 'sallyport')
  await until(way.wasTaken)
})

test('an upgrade in place and the way back keep replica, journal and configuration', async () => {
  const { host, ready, read } = world()
  const [before, length] = [await world().replica(), await world().ledgerLength()]

  for (const which of [nextVersion, version]) {
    const pid = await ready()
    await install(which)
    expect(await ready(), which).not.toBe(pid)
    expect(await read(), which).toBe('done')
  }

  expect(await world().replica()).toBe(before)
  expect(await world().ledgerLength()).toBeGreaterThan(length)
  expect(await host.run('sallyport', 'ledger', 'verify')).toMatch(/ok|whole|verified/i)
})

test('uninstall leaves no file, no user and no unit, deregisters, and says what is left to a person', async () => {
  const { host, plane } = world()
  const users = await host.run('cat', '/etc/passwd', '/etc/group')

  const said = await host.run('sallyport', 'uninstall', '--purge')

  expect(said).toMatch(/deregistered replica/)
  expect(said).toMatch(/still to do: revoke the JumpCloud credential/)
  expect(said).toMatch(/still to do: remove the firewall rule/)
  expect(await world().traces()).toEqual([])
  expect((await host.attempt('systemctl', 'list-unit-files', '--no-legend', 'sallyport*')).out).toBe('')
  expect(await host.run('cat', '/etc/passwd', '/etc/group')).toBe(users)
  expect(JSON.stringify(await plane.command('agent', 'list'))).not.toContain('rp_')
})

const archive = `sallyport-${version}-linux-x64`
const installer = `/srv/${archive}/install.sh`

test('install.sh installs the same service without a network and keeps what is there, again and again', async () => {
  const { host, setUp, ready, read } = world()
  const digests = () => host.run('sha256sum', '/etc/sallyport/config.yaml', '/etc/sallyport/policy.yaml')
  await host.run('tar', '-C', '/srv', '-xzf', `/srv/${archive}.tar.gz`)

  const first = await host.run('unshare', '--net', installer)
  await setUp()
  const [pid, kept] = [await ready(), await digests()]
  const again = await host.run('unshare', '--net', installer)

  expect(first).toMatch(/next: sallyport setup/)
  expect(again).toMatch(/the configuration was kept; next: sallyport doctor/)
  expect(await ready()).not.toBe(pid)
  expect([await read(), await digests()]).toEqual(['done', kept])
})

test('what it installed is uninstalled, with and without what was written there', async () => {
  const { host, ready, read } = world()
  const before = await world().replica()

  const said = await host.run('sallyport', 'uninstall')
  expect(said).toMatch(/configuration, credentials and state are kept/)
  expect((await host.attempt('sh', '-c', 'command -v sallyport || systemctl cat sallyport')).code).not.toBe(0)
  await host.run(installer)
  await host.run('systemctl', 'enable', '--now', 'sallyport')
  await ready()
  expect([await world().replica(), await read()]).toEqual([before, 'done'])

  await host.run('sallyport', 'uninstall', '--purge')
  expect(await world().traces()).toEqual([])
})

test('install.sh refuses what it cannot do, says why, and changes nothing', async () => {
  const { host, traces } = world()
  const there = await traces()
  const nobody = ['setpriv', '--reuid', 'nobody', '--clear-groups', 'sh', '/tmp/install.sh'] as const
  await host.run('sh', '-c', `cp ${installer} /tmp/install.sh && chmod 0755 /tmp/install.sh`)

  const refusals = [await host.attempt('sh', '/tmp/install.sh'), await host.attempt(...nobody)]
  expect(await traces()).toEqual(there)
  await install(version)
  refusals.push(await host.attempt(installer))

  expect(refusals.map(({ code, complaints }) => `${code} ${complaints}`)).toEqual([
    expect.stringMatching(/^1 install\.sh: sallyport is not beside this script/),
    expect.stringMatching(/^1 install\.sh: only root can install a service/),
    expect.stringMatching(/^1 install\.sh: the Debian package sallyport is installed; upgrade that/),
  ])
})
