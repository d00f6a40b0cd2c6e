// Stories of an installed Debian host: other versions in its place, and stops that take their time. What was under way goes on.

import { expect, test } from 'vitest'
import { type InstalledWorld, nextVersion, version } from '../../support/installed-agent.ts'
import { until } from '../../support/until.ts'

const usersPath = '/api/systemusers'
const pageCount = 3

export function upgrade(world: () => InstalledWorld): void {
  const requests = async (path: string) => (await world().simulator.requests()).filter((one) => one.path === path)

  test('an upgrade in place and the way back keep replica, journal and configuration; a listing under way goes on where it stood', async () => {
    const { host, install, plane, simulator, ready, read } = world()
    const [before, length] = [await world().replica(), await world().ledgerLength()]

    for (const which of [nextVersion, version]) {
      const pid = await ready()
      const answered = (await requests(usersPath)).length + pageCount
      const pages = await simulator.pull('hold', { path: usersPath, after: pageCount })
      const listing = await plane.caller.submit('users.list', {})
      await until(async () => (await requests(usersPath)).length > answered)
      await install(which)
      const asked = (await requests(usersPath)).length
      await pages.release()

      expect(await ready(), which).not.toBe(pid)
      const { state, rows } = await plane.caller.follow(listing)
      expect([state, new Set(rows.map(({ id }) => id)).size]).toEqual(['done', 600])
      expect((await requests(usersPath)).slice(asked).map(({ query }) => query.skip)).not.toContain('0')
      expect(await read(), which).toBe('done')
    }

    expect(await world().replica()).toBe(before)
    expect(await world().ledgerLength()).toBeGreaterThan(length)
    expect(await host.run('sallyport', 'ledger', 'verify')).toMatch(/^whole: /)
  })

  test('a stop that takes longer than the unit gives it ends its change, and is not killed', async () => {
    const { host, plane, simulator, write, ready, property } = world()
    const { groups, users } = await simulator.state()
    const params = { groupId: groups[1]?.id, userIds: [users[0]?.id] }
    await write(policy, allowing(String(params.groupId)), 0o644)
    await write(dropIn, '[Service]\nTimeoutStopSec=1s\n', 0o644)
    await host.run('systemctl', 'daemon-reload')
    await host.run('systemctl', 'restart', 'sallyport')
    await ready()
    const answer = await simulator.pull('holdAnswer', { method: 'POST' })
    const change = await plane.caller.submit('groups.members.add', params)
    await until(async () => (await simulator.requests()).some(({ method }) => method === 'POST'))

    await host.run('systemctl', 'stop', '--no-block', 'sallyport')
    // Three times what the unit gives it.
    await host.run('sleep', '3')
    const [during, said] = [await property('ActiveState'), await property('StatusText')]
    await answer.release()
    const { state, rows } = await plane.caller.follow(change)
    await until(async () => (await property('ActiveState')) !== 'deactivating')

    expect([during, said]).toEqual(['deactivating', 'stops when what it works on is answered'])
    expect([state, rows]).toEqual(['done', [expect.objectContaining({ outcome: 'applied' })]])
    expect(await property('Result')).toBe('success')
    await host.run('rm', dropIn)
    await host.run('systemctl', 'daemon-reload')
    await host.run('systemctl', 'start', 'sallyport')
    await ready()
  })
}

const policy = '/etc/sallyport/policy.yaml'
const dropIn = '/etc/systemd/system/sallyport.service.d/stop.conf'

const allowing = (group: string) => `version: 1
connections:
  main: { allow: [groups.list, users.list, groups.members.add], groups: { allow: [${group}] } }
`
