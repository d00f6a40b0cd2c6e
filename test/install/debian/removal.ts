// Stories of an installed Debian host: it is as it was before.

import { expect, test } from 'vitest'
import type { InstalledWorld } from '../../support/installed-agent.ts'

export function removal(world: () => InstalledWorld): void {
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
}
