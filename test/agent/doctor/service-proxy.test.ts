import { expect, test } from 'vitest'
import { findingOf, openDoctorWorld } from '../../support/doctor-world.ts'

const words = 'systemctl show sallyport.service --property=LoadState --property=Environment'

/** What systemd says of the unit. */
const unit = (text: string) => ({
  ask: async (command: string, more: readonly string[]) => ([command, ...more].join(' ') === words ? text : undefined),
})

const broken = 'socks5://proxy.example:1080'

test('goes by the proxy of the unit, and not by that of the shell', async () => {
  await using world = await openDoctorWorld()
  await world.configure({ plane: { url: 'https://localhost:9' } })
  const ground = { isOfService: true }
  const [none, own] = [
    unit('LoadState=loaded\nEnvironment=MALLOC_ARENA_MAX=1\n'),
    unit(`LoadState=loaded\nEnvironment=A=1 HTTPS_PROXY=${broken} "NO_PROXY=a b"\n`),
  ]
  const ask = (asking: Parameters<typeof world.diagnose>[0]) => world.diagnose({ isOffline: true, ...asking })

  const reports = [
    await ask({ environment: { HTTPS_PROXY: broken } }),
    await ask({ ground, surroundings: none, environment: { HTTPS_PROXY: broken } }),
    await ask({ ground, surroundings: own }),
    await ask({
      ground,
      surroundings: unit('LoadState=not-found\nEnvironment=\n'),
      environment: { HTTPS_PROXY: broken },
    }),
  ]

  expect(reports.map((report) => findingOf(report, 'plane.settings').state)).toEqual(['fail', 'ok', 'fail', 'fail'])
  expect(reports.map(({ failed }) => failed[0])).toEqual([
    'plane.settings',
    'agent.running',
    'plane.settings',
    'plane.settings',
  ])
})
