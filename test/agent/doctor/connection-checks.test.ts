import { chmod, rm, writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { makeCertificateAuthority } from '../../support/certificate-authority.ts'
import { startConnectProxy } from '../../support/connect-proxy.ts'
import { type Break, causeOf, findingOf, openDoctorWorld } from '../../support/doctor-world.ts'
import { deadUrl } from '../../support/raw-server.ts'
import { startTlsFront } from '../../support/tls-front.ts'

type Case = readonly [
  what: string,
  first: string,
  says: RegExp,
  breaking: (world: Parameters<Break>[0], parts: AsyncDisposableStack) => ReturnType<Break>,
]

const everywhere = (url: string) => ({ baseUrls: { console: url, api: url, oauth: url } })

const cases: readonly Case[] = [
  [
    'the authorities of the way are in no file',
    'jumpcloud.settings:main',
    /connections\.main\.ca: .*there is no such file/,
    async ({ at, configure }) => {
      await configure({ main: { ca: at('none.pem') } })
    },
  ],
  [
    'its name does not resolve',
    'jumpcloud.dns:main',
    /console\.invalid:443: getaddrinfo/,
    async ({ configure }) => {
      await configure({ main: everywhere('https://console.invalid') })
    },
  ],
  [
    'nothing listens there',
    'jumpcloud.tcp:main',
    /ECONNREFUSED/,
    async ({ configure }) => {
      await configure({ main: everywhere(await deadUrl()) })
    },
  ],
  [
    'the firewall lets this host out to one of its hosts alone',
    'jumpcloud.tcp:main',
    /ECONNREFUSED/,
    async ({ jumpcloud, configure }) => {
      await configure({ main: { baseUrls: { console: jumpcloud.url, api: await deadUrl() } } })
    },
  ],
  [
    'the proxy does not let this host on',
    'jumpcloud.proxy:main',
    /does not let this host on to localhost:9 \(403\)/,
    async ({ configure }, parts) => {
      const { port } = parts.use(await startConnectProxy('HTTP/1.1 403 Forbidden\r\n\r\n'))
      await configure({ main: { ...everywhere('https://localhost:9'), proxy: { url: `http://127.0.0.1:${port}` } } })
    },
  ],
  [
    'somebody in between shows a certificate of its own',
    'jumpcloud.tls:main',
    /is issued by "Corporate Inspection".*connections\.main\.ca/,
    async ({ jumpcloud, at, configure }, parts) => {
      const authority = await makeCertificateAuthority(at(''), 'Corporate Inspection')
      const { url } = parts.use(await startTlsFront(jumpcloud.url, await authority.issue('localhost')))
      await configure({ main: everywhere(url) })
    },
  ],
  [
    'the key is gone',
    'key.source:main',
    /there is no such file/,
    async ({ at }) => {
      await rm(at('key'))
    },
  ],
  [
    'the key is open to others',
    'key.source:main',
    /0644 gives it to others/,
    async ({ at }) => {
      await chmod(at('key'), 0o644)
    },
  ],
  [
    'the key has ended',
    'key.expiry:main',
    /it ended at 2026-01-01/,
    async ({ at, configure }) => {
      await configure({ main: { credential: { file: at('key'), expiresAt: '2026-01-01' } } })
    },
  ],
  [
    'JumpCloud answers 401',
    'jumpcloud.credential:main',
    /answered 401.*regenerated/,
    async ({ jumpcloud }) => {
      jumpcloud.levers.revokeKey({ key: jumpcloud.keys.administrator })
    },
  ],
  [
    'JumpCloud sends to its login page',
    'jumpcloud.credential:main',
    /answered 302.*login page/,
    async ({ jumpcloud }) => {
      jumpcloud.levers.redirect302({})
    },
  ],
  [
    'JumpCloud takes the connection and says nothing',
    'jumpcloud.credential:main',
    /nothing came of it within 1\.5 s/,
    async ({ jumpcloud }) => {
      jumpcloud.levers.hold({})
      return { checkMs: 1500 }
    },
  ],
  [
    'the credential sees several organisations',
    'jumpcloud.organisation:main',
    /sees 2 organisations and the connection names none.*token test/,
    async ({ jumpcloud, at }) => {
      await writeFile(at('key'), jumpcloud.keys.multiTenant, { mode: 0o600 })
    },
  ],
  [
    'the credential is of another organisation',
    'jumpcloud.organisation:main',
    /does not see the organisation 5f0c1e2d3a4b5c6d7e8f9a0b/,
    async ({ configure }) => {
      await configure({ main: { organisationId: '5f0c1e2d3a4b5c6d7e8f9a0b' } })
    },
  ],
  [
    'the credential for changes is of another organisation than the one that reads',
    'jumpcloud.organisation:main.writer',
    /it is of organisation \w+, and what reads is of \w+/,
    async ({ jumpcloud, at, configure }) => {
      const [, other] = jumpcloud.tenants
      const { secret } = jumpcloud.issue({ name: 'writer', organizationIds: [other?.id ?? ''] })
      await writeFile(at('writer'), secret, { mode: 0o600 })
      await configure({ main: { writer: { file: at('writer') } } })
    },
  ],
  [
    'the role behind the key may not do what the policy allows',
    'jumpcloud.jobs:main',
    /users\.list cannot be done, systemusers: 403/,
    async ({ jumpcloud }) => {
      jumpcloud.levers.answerStatus({ status: 403, path: '/api/systemusers' })
    },
  ],
  [
    'the plan does not include what the policy allows',
    'jumpcloud.jobs:main',
    /events\.pull cannot be done, insights: 402/,
    async ({ jumpcloud, allow }) => {
      await allow('org.get', 'events.pull')
      jumpcloud.levers.planWithoutInsights({})
    },
  ],
]

describe('names the cause on the way to JumpCloud', () => {
  test.each(cases)('where %s: %s', async (_, id, says, breaking) => {
    await using parts = new AsyncDisposableStack()

    const { report, first } = await causeOf((world) => breaking(world, parts), { organizations: 2 })

    expect(report.result).toBe('fail')
    expect([first.name, first.says]).toEqual([id, expect.stringMatching(says)])
  })
})

test('goes to JumpCloud by the proxy and with the authorities that the connection names, to its answer', async () => {
  await using world = await openDoctorWorld()
  const authority = await makeCertificateAuthority(world.at(''), 'Own CA')
  await using front = await startTlsFront(world.jumpcloud.url, await authority.issue('localhost'))
  await using proxy = await startConnectProxy()
  const by = { url: `http://127.0.0.1:${proxy.port}` }
  await world.configure({ main: { ...everywhere(front.url), ca: authority.file, proxy: by } })

  const report = await world.diagnose()

  const { host } = new URL(front.url)
  expect(findingOf(report, 'jumpcloud.tls:main').says).toContain(`${host}: issued by "Own CA"`)
  expect(findingOf(report, 'jumpcloud.jobs:main').says).toBe('it may org.get, users.list')
  // The way, the credential and the jobs: each of them went by it.
  expect(proxy.asked.filter((head) => head.startsWith(`CONNECT ${host} `)).length).toBeGreaterThanOrEqual(3)
})

test('changes nothing in JumpCloud, whatever the policy allows', async () => {
  await using world = await openDoctorWorld()
  const [group] = world.jumpcloud.tenant.groups.all
  const rules = { allow: ['groups.members.add', 'groups.list'], groups: { allow: [group?.id] } }
  await writeFile(world.at('policy.yaml'), JSON.stringify({ version: 1, connections: { main: rules } }))

  const report = await world.diagnose()

  expect(world.jumpcloud.mutations).toEqual([])
  expect(findingOf(report, 'jumpcloud.jobs:main').says).toBe(
    'it may groups.list; not known without a change, or not answered: groups.members.add',
  )
})

test('of a credential that systemd gives to the service alone says that, and no more', async () => {
  await using world = await openDoctorWorld()
  await world.configure({ main: { credential: { systemd: 'jumpcloud' } } })

  const report = await world.diagnose()

  const about = ['key.source:main', 'jumpcloud.credential:main', 'jumpcloud.organisation:main', 'jumpcloud.jobs:main']
  for (const name of about) expect(findingOf(report, name)).toMatchObject({ state: 'skipped', because: null })
  expect(report.failed).toEqual(['agent.running'])
})
