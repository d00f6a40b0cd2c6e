import { mkdir, writeFile } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { type Surroundings, systemSurroundings } from '../../../agent/ports/surroundings.ts'
import { findingOf, openDoctorWorld } from '../../support/doctor-world.ts'

test('warns of a key that ends soon, and of one that was never changed', async () => {
  await using world = await openDoctorWorld()
  await world.configure({ main: { credential: { file: world.at('key'), expiresAt: '2026-03-10' } } })
  const see: Surroundings['see'] = async (path) => {
    const seen = await systemSurroundings.see(path)
    return seen && { ...seen, changedAt: 0 }
  }

  const report = await world.diagnose({ surroundings: { see } })

  expect(findingOf(report, 'key.expiry:main')).toMatchObject({
    state: 'warn',
    says: expect.stringMatching(/^5 days left/),
  })
  expect(findingOf(report, 'key.age:main')).toMatchObject({
    state: 'warn',
    says: expect.stringMatching(/^\d+ days old$/),
  })
  expect(findingOf(report, 'key.age:main').mend).toMatch(/^sallyport token set main --config /)
})

test('warns of a key that other processes can read in the environment, and of what was pasted around it', async () => {
  await using world = await openDoctorWorld()
  await world.configure({ main: { credential: { env: 'KEY' } } })

  const report = await world.diagnose({ environment: { KEY: `"${world.jumpcloud.keys.administrator}"` } })

  const { state, says } = findingOf(report, 'key.source:main')
  expect([state, says]).toEqual([
    'warn',
    expect.stringMatching(/quotes.*an environment variable is for trying things out/),
  ])
  expect(findingOf(report, 'jumpcloud.credential:main').state).toBe('ok')
})

test('where the folder is gone that the unit takes credentials from, says that this is why the service does not start', async () => {
  await using world = await openDoctorWorld()
  await world.configure({ main: { credential: { systemd: 'main' } } })
  const lookAt = async () => findingOf(await world.diagnose({ ground: { isOfService: true } }), 'key.source:main')

  const gone = await lookAt()
  await mkdir(world.at('credentials'))
  await writeFile(world.at('credentials/main'), world.jumpcloud.keys.administrator, { mode: 0o600 })
  const there = await lookAt()

  expect(gone).toMatchObject({
    state: 'fail',
    says: expect.stringContaining(`${world.at('credentials')}, which is not`),
  })
  expect(gone.mend).toMatch(/^install -d -m 0700 \S+ && sallyport token set main/)
  expect(there.state).toBe('ok')
})
