import { writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { makeCertificateAuthority } from '../../support/certificate-authority.ts'
import { startConnectProxy } from '../../support/connect-proxy.ts'
import { type Break, causeOf, findingOf, openDoctorWorld } from '../../support/doctor-world.ts'
import { expired } from '../../support/expired.ts'
import { deadUrl } from '../../support/raw-server.ts'
import { selfSigned } from '../../support/self-signed.ts'
import { startTlsFront } from '../../support/tls-front.ts'

/** What a case starts goes with it. */
type Case = readonly [
  what: string,
  first: string,
  says: RegExp,
  breaking: (world: Parameters<Break>[0], parts: AsyncDisposableStack) => ReturnType<Break>,
]

const cases: readonly Case[] = [
  [
    'the authorities of the way are in no file',
    'plane.settings',
    /plane\.ca: .*there is no such file/,
    async ({ at, configure }) => {
      await configure({ plane: { ca: at('none.pem') } })
    },
  ],
  [
    'the password of the proxy cannot be read',
    'plane.settings',
    /there is no such file; write the secret into it/,
    async ({ at, configure }) => {
      const proxy = { url: 'http://127.0.0.1:9', username: 'agent', password: { file: at('none') } }
      await configure({ plane: { url: 'https://localhost:9', proxy } })
    },
  ],
  [
    'its name does not resolve',
    'plane.dns',
    /plane\.invalid:443: getaddrinfo/,
    async ({ configure }) => {
      await configure({ plane: { url: 'https://plane.invalid' } })
    },
  ],
  [
    'nothing listens there',
    'plane.tcp',
    /ECONNREFUSED.*firewall/,
    async ({ configure }) => {
      await configure({ plane: { url: await deadUrl() } })
    },
  ],
  [
    'nothing listens where the proxy is',
    'plane.tcp',
    /no connection to the proxy 127\.0\.0\.1:\d+ that plane\.proxy names/,
    async ({ configure }) => {
      await configure({ plane: { url: 'https://localhost:9', proxy: { url: portOf(await deadUrl()) } } })
    },
  ],
  [
    'the proxy asks for a password',
    'plane.proxy',
    /asks for a user name and a password \(407\)/,
    async ({ configure }, parts) => {
      const head = 'HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\n\r\n'
      const proxy = parts.use(await startConnectProxy(head))
      await configure({ plane: { url: 'https://localhost:9', proxy: { url: `http://127.0.0.1:${proxy.port}` } } })
    },
  ],
  [
    'the proxy does not let this host on',
    'plane.proxy',
    /does not let this host on to localhost:9 \(403\)/,
    async ({ configure }, parts) => {
      const proxy = parts.use(await startConnectProxy('HTTP/1.1 403 Forbidden\r\n\r\n'))
      await configure({ plane: { url: 'https://localhost:9', proxy: { url: `http://127.0.0.1:${proxy.port}` } } })
    },
  ],
  [
    'its certificate is of an authority that nobody here knows',
    'plane.tls',
    /is issued by "Corporate Inspection", which is not trusted here.*plane\.ca/,
    async ({ plane, at, configure }, parts) => {
      const authority = await makeCertificateAuthority(at(''), 'Corporate Inspection')
      const front = parts.use(await startTlsFront(plane.url, await authority.issue('localhost')))
      await configure({ plane: { url: front.url } })
    },
  ],
  [
    'its certificate has ended',
    'plane.tls',
    /issued by "localhost".*has expired: .* to Feb {2}1 00:00:00 2020 GMT/,
    async ({ plane, at, configure }, parts) => {
      const front = parts.use(await startTlsFront(plane.url, expired))
      await writeFile(at('ca.pem'), expired.cert)
      await configure({ plane: { url: front.url, ca: at('ca.pem') } })
    },
  ],
  [
    'its certificate is for another host',
    'plane.tls',
    /issued by "Own CA".*for DNS:other\.example\.com/,
    async ({ plane, at, configure }, parts) => {
      const authority = await makeCertificateAuthority(at(''), 'Own CA')
      const front = parts.use(await startTlsFront(plane.url, await authority.issue('other.example.com')))
      await configure({ plane: { url: front.url, ca: authority.file } })
    },
  ],
  [
    'it speaks no TLS there',
    'plane.tls',
    /does not speak TLS/,
    async ({ plane, configure }) => {
      await configure({ plane: { url: plane.url.replace('http://127.0.0.1', 'https://localhost') } })
    },
  ],
]

describe('names the cause on the way to a host', () => {
  test.each(cases)('where %s: %s', async (_, id, says, breaking) => {
    await using parts = new AsyncDisposableStack()

    const { report, first } = await causeOf((world) => breaking(world, parts))

    expect(report.result).toBe('fail')
    expect([first.name, first.says]).toEqual([id, expect.stringMatching(says)])
  })
})

test('what comes after a failure is skipped because of it', async () => {
  const { report } = await causeOf(async ({ configure }) => {
    await configure({ plane: { url: await deadUrl() } })
  })

  const skipped = report.checks.filter(({ because }) => because === 'plane.tcp').map(({ name }) => name)
  const after = ['plane.proxy', 'plane.tls', 'plane.upgrade', 'plane.protocol', 'clock.skew', 'plane.enrolment']
  expect(skipped).toEqual(after)
})

test('tells the issuer of a certificate, and when it ends', async () => {
  await using world = await openDoctorWorld()
  await using front = await startTlsFront(world.plane.url, selfSigned)
  await using proxy = await startConnectProxy()
  await writeFile(world.at('ca.pem'), selfSigned.cert)
  const by = { url: `http://127.0.0.1:${proxy.port}` }
  await world.configure({ plane: { url: front.url, ca: world.at('ca.pem'), proxy: by } })

  const report = await world.diagnose()

  expect(findingOf(report, 'plane.tls').says).toMatch(/^localhost:\d+: issued by "localhost", ends 2120-01-01$/)
  expect(findingOf(report, 'plane.proxy').says).toMatch(/^127\.0\.0\.1:\d+ \(plane\.proxy\) goes on to localhost:\d+$/)
  expect(findingOf(report, 'plane.enrolment').state).toBe('ok')
})

function portOf(url: string): string {
  return `http://127.0.0.1:${new URL(url).port}`
}
