import { chmod } from 'node:fs/promises'
import { expect, test } from 'vitest'
import type { Surroundings } from '../../../agent/ports/surroundings.ts'
import { systemSurroundings } from '../../../agent/ports/surroundings.ts'
import { findingOf, openDoctorWorld } from '../../support/doctor-world.ts'

/** A host that systemd runs, and what its programs print. */
function bootedWith(answers: Readonly<Record<string, string>>): Pick<Surroundings, 'see' | 'ask'> {
  return {
    see: async (path) =>
      path === '/run/systemd/system'
        ? { kind: 'directory', mode: 0o755, uid: 0, byteCount: 0, changedAt: 0 }
        : await systemSurroundings.see(path),
    ask: async (command, words) => answers[[command, ...words].join(' ')],
  }
}

const show = (property: string) => `systemctl show sallyport.service --property=${property} --value`
const analyze = 'systemd-analyze security --no-pager sallyport.service'

test('tells the exposure of the unit and whether it has a watchdog', async () => {
  await using world = await openDoctorWorld()
  const there = { [show('LoadState')]: 'loaded\n' }
  const good = bootedWith({
    ...there,
    [analyze]: '  NAME …\n→ Overall exposure level for sallyport.service: 1.1 OK :-)\n',
    [show('WatchdogUSec')]: '30s\n',
  })
  const weak = bootedWith({
    ...there,
    [analyze]: '→ Overall exposure level for sallyport.service: 9.6 UNSAFE\n',
    [show('WatchdogUSec')]: '0\n',
  })

  const [hardened, open] = [
    await world.diagnose({ surroundings: good, isOffline: true }),
    await world.diagnose({ surroundings: weak, isOffline: true }),
  ]

  expect(findingOf(hardened, 'unit.hardening')).toMatchObject({ state: 'ok', says: 'exposure 1.1 of 10' })
  expect(findingOf(hardened, 'unit.watchdog')).toMatchObject({ state: 'ok', says: 'WatchdogSec=30s' })
  expect(findingOf(open, 'unit.hardening').state).toBe('warn')
  expect(findingOf(open, 'unit.watchdog').state).toBe('warn')
})

test('says so where there is no systemd, or no unit', async () => {
  await using world = await openDoctorWorld()
  const see: Surroundings['see'] = async (path) =>
    path.startsWith('/run/systemd') ? undefined : await systemSurroundings.see(path)

  const without = await world.diagnose({ surroundings: { see }, isOffline: true })
  const booted = bootedWith({ [show('LoadState')]: 'not-found\n' })
  const unit = await world.diagnose({ surroundings: booted, isOffline: true })

  expect(findingOf(without, 'unit.hardening').says).toBe('this host is not run by systemd')
  expect(findingOf(unit, 'unit.watchdog').says).toBe('there is no unit sallyport.service')
})

test.each([
  ['is stopped', 'inactive', 'systemctl restart sallyport'],
  ['runs, and does not answer', 'active', 'systemctl restart sallyport'],
  ['failed', 'failed', 'journalctl -u sallyport -n 50'],
  ['is started again and again', 'activating', 'journalctl -u sallyport -n 50'],
])('names what helps an agent whose unit %s', async (_, state, command) => {
  await using world = await openDoctorWorld()
  // As /etc/sallyport is: else doctor says to root that the service cannot read what is in it.
  await chmod(world.at(''), 0o755)
  const surroundings = bootedWith({ [show('LoadState')]: 'loaded\n', [show('ActiveState')]: `${state}\n` })
  const asking = { surroundings, isOffline: true }

  const ofService = await world.diagnose({ ...asking, ground: { isOfService: true } })
  const another = await world.diagnose({ ...asking, ground: { isOfService: false } })

  expect(findingOf(ofService, 'agent.running').mend).toBe(command)
  expect(findingOf(another, 'agent.running').mend).toMatch(/^sallyport start --config /)
})

test('a journal that was lost is begun anew by the start of its unit, and then resumed', async () => {
  await using world = await openDoctorWorld()
  await world.identityFile.keepJournalUseCount(3)
  const surroundings = bootedWith({ [show('LoadState')]: 'loaded\n', [show('ActiveState')]: 'inactive\n' })

  const report = await world.diagnose({ surroundings, isOffline: true, ground: { isOfService: true } })

  expect(findingOf(report, 'journal').mend).toMatch(/^systemctl restart sallyport && sallyport resume --config /)
})
