import { chmod, chown, rm, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { type Surroundings, systemSurroundings } from '../../../agent/ports/surroundings.ts'
import { type Break, causeOf, findingOf, openDoctorWorld } from '../../support/doctor-world.ts'

type Case = readonly [what: string, first: string, says: RegExp, breaking: Break]

const host: readonly Case[] = [
  [
    'certificates of anybody are taken',
    'env.tls',
    /NODE_TLS_REJECT_UNAUTHORIZED/,
    async () => ({ environment: { NODE_TLS_REJECT_UNAUTHORIZED: '0' } }),
  ],
  [
    'the configuration is gone',
    'config.valid',
    /there is no such file/,
    async ({ at }) => {
      await rm(at('config.yaml'))
    },
  ],
  [
    'a key of the configuration is misspelt',
    'config.valid',
    /config\.yaml:\d+:\d+/,
    async ({ configure }) => {
      await configure({ plane: { urll: 'https://plane.example.com' } })
    },
  ],
  [
    'the policy is gone',
    'policy.valid',
    /there is no such file/,
    async ({ at }) => {
      await rm(at('policy.yaml'))
    },
  ],
  [
    'a job of the policy is misspelt',
    'policy.valid',
    /there is no such job; did you mean groups\.list/,
    async ({ allow }) => {
      await allow('groups.lits')
    },
  ],
  [
    'the panic switch is on',
    'policy.panic',
    /everything is denied/,
    async ({ at }) => {
      await writeFile(at('state/panic'), '')
    },
  ],
]

describe('names the cause on the host', () => {
  test.each(host)('where %s: %s', async (_, id, says, breaking) => {
    const { report, first } = await causeOf(breaking)

    expect(report.result).toBe('fail')
    expect([first.name, first.says]).toEqual([id, expect.stringMatching(says)])
    expect(first.mend).not.toMatch(/STATE|CONFIG|NAME/)
  })
})

describe('a host that is well', () => {
  test('lacks only an agent that runs', async () => {
    await using world = await openDoctorWorld()

    const report = await world.diagnose()

    expect(report.failed).toEqual(['agent.running'])
    expect(findingOf(report, 'plane.enrolment').says).toMatch(/knows replica \S+ of agent acme/)
    expect(findingOf(report, 'jumpcloud.jobs:main').says).toBe('it may org.get, users.list')
    expect(findingOf(report, 'agent.ready')).toMatchObject({ state: 'skipped', because: 'agent.running' })
  })

  test('is looked at offline without a connection to anybody', async () => {
    await using world = await openDoctorWorld()
    const requestCount = world.jumpcloud.requests.length

    const report = await world.diagnose({ isOffline: true })

    const asked = report.checks.filter(({ state }) => state !== 'skipped').map(({ name }) => name)
    expect(asked).toContain('config.valid')
    expect(asked.filter((name) => /^(plane|jumpcloud)\.(?!settings)/.test(name))).toEqual([])
    expect(world.jumpcloud.requests).toHaveLength(requestCount)
    expect(world.plane.events.filter(({ event }) => event === 'session.refused')).toEqual([])
  })

  test('is told of by its configuration alone where that cannot be read', async () => {
    await using world = await openDoctorWorld()
    await rm(world.at('config.yaml'))

    const report = await world.diagnose()

    expect(findingOf(report, 'jumpcloud.credential')).toMatchObject({ state: 'skipped', because: 'config.valid' })
    expect(report.failed).toEqual(['config.valid'])
  })
})

test('leaves the modes of a volume to the container that mounts it', async () => {
  await using world = await openDoctorWorld()
  await chmod(world.at('state'), 0o2775)

  const report = await world.diagnose({ isOffline: true, environment: { KUBERNETES_SERVICE_HOST: '10.0.0.1' } })

  expect(findingOf(report, 'state.mode').state).toBe('ok')
  expect(report.failed).toEqual(['agent.running'])
})

test('warns of authorities that its own shell has it trust, and goes on', async () => {
  await using world = await openDoctorWorld()

  const report = await world.diagnose({ environment: { NODE_EXTRA_CA_CERTS: '/tmp/ca.pem' }, isOffline: true })

  expect(findingOf(report, 'env.tls')).toMatchObject({
    state: 'warn',
    says: expect.stringContaining('/tmp/ca.pem'),
    mend: 'unset NODE_EXTRA_CA_CERTS',
  })
  expect(report.failed).not.toContain('env.tls')
})

test('warns of a configuration and of a policy that somebody else may change', async () => {
  await using world = await openDoctorWorld()
  const isStrange = (path: string) => /(config|policy)\.yaml$/.test(path)
  const see: typeof systemSurroundings.see = async (path) => {
    const seen = await systemSurroundings.see(path)
    return seen && isStrange(path) ? { ...seen, uid: 54_321 } : seen
  }

  const report = await world.diagnose({ surroundings: { see }, isOffline: true })

  for (const [check, name] of [
    ['config.valid', 'config.yaml'],
    ['policy.valid', 'policy.yaml'],
  ] as const) {
    expect(findingOf(report, check)).toMatchObject({
      state: 'warn',
      says: expect.stringContaining(`${name} belongs to user 54321, who is neither root nor the user of the agent`),
      mend: `chown root ${world.at(name)}`,
    })
  }
})

test('where systemd maps the owners of the state directory, it goes by those that the host sees', async () => {
  await using world = await openDoctorWorld()
  // Of systemd 257 on: nobody's on the disk, and in the service its own user's, whose the socket is for everybody.
  const uids = { state: 65_534, socket: 61_184 }
  const seeAs = (uidOf: (path: string) => number): Partial<Surroundings> => ({
    see: async (path) => {
      if (path.endsWith('.sock')) return { kind: 'other', mode: 0o600, uid: uids.socket, byteCount: 0, changedAt: 0 }
      const seen = await systemSurroundings.see(path)
      return seen && path.startsWith(world.at('state')) ? { ...seen, uid: uidOf(path) } : seen
    },
  })
  const ask = async (uidOf: (path: string) => number) => {
    return findingOf(await world.diagnose({ isOffline: true, surroundings: seeAs(uidOf) }), 'state.owner')
  }

  expect(await ask(() => uids.state)).toMatchObject({ state: 'ok' })
  expect(await ask((path) => (path.endsWith('identity.json') ? 0 : uids.state))).toMatchObject({
    state: 'fail',
    says: expect.stringContaining('identity.json belongs to user 0, and the agent is user 65534'),
  })
})

test('asked by root, reads the key of the user of the agent', async () => {
  await using world = await openDoctorWorld()
  // Anybody else may not give it away, and keeps both.
  for (const name of ['state', 'key']) await chown(world.at(name), 12_345, 12_346).catch(() => {})

  const report = await world.diagnose({ isOffline: true })

  expect(findingOf(report, 'key.source:main')).toMatchObject({ state: 'ok' })
})
