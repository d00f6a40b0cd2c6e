// Stories of an installed Debian host: what its administrator changes, and the ways out of their network.

import { expect, test } from 'vitest'
import { addHardening } from '../../support/added-hardening.ts'
import type { InstalledWorld } from '../../support/installed-agent.ts'
import { goBySquid } from '../../support/squid-way.ts'
import { until } from '../../support/until.ts'

export function settings(world: () => InstalledWorld): void {
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
}
