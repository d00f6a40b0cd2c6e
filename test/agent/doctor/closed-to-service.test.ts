import { expect, test } from 'vitest'
import { type Surroundings, systemSurroundings } from '../../../agent/ports/surroundings.ts'
import { findingOf, openDoctorWorld } from '../../support/doctor-world.ts'

test.each([
  ['configuration', 'config.yaml', 0o600, 'config.valid', 'chmod a+r'],
  ['policy', 'policy.yaml', 0o400, 'policy.valid', 'chmod a+r'],
  ['folder', '', 0o700, 'config.valid', 'chmod a+x'],
])('root is told of a %s that is closed to the service, which is another user', async (_, name, mode, id, mend) => {
  await using world = await openDoctorWorld()
  const path = world.at(name).replace(/\/$/, '')
  const see: Surroundings['see'] = async (asked) => {
    const seen = await systemSurroundings.see(asked === '/run/systemd/system' ? '/' : asked)
    return seen && { ...seen, uid: 0, mode: asked === path ? mode : 0o755 }
  }
  const surroundings = { see, uid: 0, ask: async () => 'loaded' }

  const service = await world.diagnose({ surroundings, ground: { isOfService: true }, isOffline: true })
  const other = await world.diagnose({ surroundings, ground: { isOfService: false }, isOffline: true })

  expect(findingOf(service, id)).toMatchObject({
    state: 'fail',
    says: `${path} is closed to all but root, and the service is another user`,
    mend: `${mend} ${path}`,
  })
  expect(findingOf(other, id).state).toBe('ok')
})
