import { chmod, mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { type ConnectProxy, startConnectProxy } from '../../support/connect-proxy.ts'
import { startListener } from '../../support/listener.ts'
import { loopbacks } from '../../support/loopbacks.ts'
import { openPlaneLeg } from '../../support/opened-leg.ts'
import { deadUrl } from '../../support/raw-server.ts'
import { selfSigned } from '../../support/self-signed.ts'

const password = 'open-sesame-0123456789'

/** A folder with the test's CA and the password of a proxy, and how a configuration names it all. */
async function openFiles() {
  const directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-egress-'))
  const [ca, secret] = [join(directory.path, 'ca.pem'), join(directory.path, 'password')]
  await writeFile(ca, `# of the test\n${selfSigned.cert}`)
  await writeFile(secret, `${password}\n`, { mode: 0o600 })
  const by = ({ port }: Pick<ConnectProxy, 'port'>) => ({ url: `http://127.0.0.1:${port}` })
  const withName = { username: 'agent', password: { file: secret } }
  return { ca, secret, by, withName, [Symbol.asyncDispose]: () => directory.remove() }
}

describe('a leg by a proxy', () => {
  test('reaches the far end through it, shows it the password, and speaks TLS with the far end alone', async () => {
    await using files = await openFiles()
    await using far = await startListener({ tls: true })
    await using proxy = await startConnectProxy()
    const plane = { url: far.url, ca: files.ca, proxy: { ...files.by(proxy), ...files.withName } }
    const { open, guard } = await openPlaneLeg({ plane })

    const socket = await open(far.url)

    expect(socket).toMatchObject({ authorized: true })
    expect(proxy.asked[0]).toContain(`Proxy-Authorization: Basic ${btoa(`agent:${password}`)}\r\n`)
    expect(guard.contains(`x ${btoa(`agent:${password}`)}`, 'frame')).toMatchObject({ name: 'plane.proxy' })
    socket.destroy()
  })

  test('says that the proxy is away, and never goes past it', async () => {
    await using far = await startListener({ tls: true })
    const plane = { url: far.url, proxy: { url: await deadUrl() } }
    const { open, lines } = await openPlaneLeg({ plane })

    await expect(open(far.url)).rejects.toMatchObject({
      code: 'PROXY_FAILED',
      message: expect.stringMatching(
        /^no connection to the proxy 127.0.0.1:\d+ that plane.proxy names: connect ECONNREFUSED/,
      ),
    })
    expect(lines.filter((line) => line.includes('egress.closed'))).toHaveLength(1)
  })

  test('gives up a proxy that says nothing, when the time for the whole connection is over', async () => {
    await using far = await startListener({ tls: true })
    await using proxy = await startConnectProxy('')
    const { open, clock } = await openPlaneLeg({
      plane: { url: far.url, proxy: { url: `http://127.0.0.1:${proxy.port}` } },
    })

    const refused = expect(open(far.url)).rejects.toThrow('no answer to CONNECT within 10 s')
    while (proxy.asked.length === 0) await clock.advance(0)
    await clock.advance(10_000)

    await refused
  })

  test('says once why the way is closed, and again after it was open', async () => {
    await using files = await openFiles()
    await using far = await startListener({ tls: true })
    await using proxy = await startConnectProxy()
    const { open, lines } = await openPlaneLeg({ plane: { url: far.url, ca: files.ca, proxy: files.by(proxy) } })
    const fail = async () => {
      proxy.answer = 'HTTP/1.1 403 Forbidden\r\n\r\n'
      await expect(open(far.url)).rejects.toThrow('does not let this host on')
      proxy.answer = undefined
    }

    const closings = () => lines.filter((line) => line.includes('egress.closed'))

    await fail()
    await fail()
    expect(closings()).toHaveLength(1)
    const socket = await open(far.url)
    socket.destroy()
    await fail()

    expect(closings()).toHaveLength(2)
    expect(lines.join()).not.toContain(password)
  })

  test('may take user name and password from the environment, which is noted', async () => {
    await using files = await openFiles()
    await using far = await startListener({ tls: true })
    await using proxy = await startConnectProxy('HTTP/1.1 407 No\r\n\r\n')
    const url = far.url.replace('127.0.0.1', 'plane.example.com')
    const environment = { HTTPS_PROXY: `http://agent:${password}@127.0.0.1:${proxy.port}` }
    const { open, lines } = await openPlaneLeg({ plane: { url, ca: files.ca }, environment })

    await expect(open(url)).rejects.toThrow('does not accept the user name and the password that HTTPS_PROXY gives')

    expect(proxy.asked[0]).toMatch(/^CONNECT plane\.example\.com:/)
    expect(lines[0]).toContain(`"proxy":"127.0.0.1:${proxy.port}","namedBy":"HTTPS_PROXY"`)
    expect(lines[1]).toContain('stands in an environment variable')
    expect(lines.join()).not.toContain(password)
  })

  test('refuses to start with a password that others can read', async () => {
    await using files = await openFiles()
    await chmod(files.secret, 0o644)
    const plane = { url: 'https://plane.example.com', proxy: { url: 'http://proxy:3128', ...files.withName } }

    await expect(openPlaneLeg({ plane })).rejects.toMatchObject({
      code: 'secret_unreadable',
      message: expect.stringContaining('read the password of the proxy that plane.proxy names from file'),
    })
  })
})

describe('a direct leg', () => {
  test.each(loopbacks)('reaches an address that is written as one: %s', async (host) => {
    await using far = await startListener({ host })
    const { open } = await openPlaneLeg({ plane: { url: far.url } })

    const socket = await open(far.url)

    expect(socket.remoteAddress).toBe(host)
    socket.destroy()
  })

  test('goes nowhere else, not even to another port', async () => {
    await using far = await startListener()
    await using other = await startListener()
    const { open } = await openPlaneLeg({ plane: { url: far.url } })

    for (const url of [other.url, far.url.replace('127.0.0.1', 'localhost'), 'https://console.jumpcloud.com']) {
      await expect(open(url)).rejects.toMatchObject({
        code: 'EGRESS_REFUSED',
        message: expect.stringMatching(
          /^refused by the agent's own egress guard: .* is not among the destinations of plane/,
        ),
      })
    }
  })

  test('names who issued a certificate that it does not trust, and which key to name its CA under', async () => {
    await using far = await startListener({ tls: true })
    const { open } = await openPlaneLeg({ plane: { url: far.url } })

    await expect(open(far.url)).rejects.toMatchObject({
      code: 'CERTIFICATE_UNTRUSTED',
      message: expect.stringMatching(/issued by "localhost", which is not trusted here.*plane\.ca/),
    })
  })
})
