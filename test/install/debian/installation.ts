// Stories of an installed Debian host: from the package to a service at work, and what its process is.

import { expect, test } from 'vitest'
import { type InstalledWorld, version } from '../../support/installed-agent.ts'

export function installation(world: () => InstalledWorld): void {
  test('the package installs, setup makes a service of it that is ready, and a control plane outside runs a job', async () => {
    const { host, install, setUp, ready, property, read, look } = world()

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
}
