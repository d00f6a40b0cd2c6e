// Stories of an installed Debian host: what goes wrong on it and around it, and the service is there afterwards.

import { expect, test } from 'vitest'
import { type InstalledWorld, state } from '../../support/installed-agent.ts'
import { until } from '../../support/until.ts'

const dropIn = '/etc/systemd/system/sallyport.service.d/watchdog.conf'

export function survival(world: () => InstalledWorld): void {
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

  test('a full disk stops no reads, nor a start that waits for room; what is wrong is said, and it is over when there is', async () => {
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
    expect([...answers]).toEqual(['done'])
    expect(await property('MainPID')).toBe(String(pid))
    // As an upgrade does.
    await host.run('systemctl', 'restart', 'sallyport')
    expect(await property('StatusText')).toMatch(/^takes no work: there is no session to /)
    await host.run('rm', `${state}/filler`)
    await until(async () => (await read()) === 'done' && (await world().status()).warnings.length === 0)

    expect(await property('NRestarts')).toBe('0')
    const warned = await host.run('journalctl', '-u', 'sallyport', '-p', 'warning', '-o', 'cat', '--no-pager')
    expect(warned).toMatch(/^{"level":"(warn|error)"/m)
    expect(warned).not.toContain('"level":"info"')
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
}
