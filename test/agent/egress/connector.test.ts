import type { Socket } from 'node:net'
import { TLSSocket } from 'node:tls'
import { describe, expect, test } from 'vitest'
import type { ConnectStep } from '../../../agent/egress/connect-step.ts'
import { type ConnectorOptions, createConnector, type Destination } from '../../../agent/egress/connector.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { startListener } from '../../support/listener.ts'
import { looseLeg } from '../../support/loose-leg.ts'
import { startProgram } from '../../support/program.ts'
import { deadUrl, startRawServer } from '../../support/raw-server.ts'
import { expired, selfSigned } from '../../support/self-signed.ts'

type Opening = Partial<Pick<ConnectorOptions, 'clock' | 'leg' | 'onStep'>> &
  Pick<Destination, 'signal' | 'servername'> & { readonly ca?: string }

function open(url: string, { clock = createFakeClock(), ca, leg, onStep, ...more }: Opening = {}): Promise<Socket> {
  const { protocol, hostname, port } = new URL(url)
  const connector = createConnector({ clock, onStep, leg: leg ?? looseLeg(ca === undefined ? {} : { ca }) })
  return new Promise((resolve, reject) => {
    connector({ protocol, hostname, port, ...more }, (...[error, socket]) =>
      error === null ? resolve(socket) : reject(error),
    )
  })
}

test('opens a socket to where it is told', async () => {
  await using server = await startRawServer((_, response) => response.end())

  const socket = await open(server.url)

  expect(socket.remotePort).toBe(Number(new URL(server.url).port))
  socket.destroy()
})

test('says what went wrong where nobody listens', async () => {
  await expect(open(await deadUrl())).rejects.toMatchObject({ code: 'ECONNREFUSED' })
})

test('speaks TLS where the protocol says so, and never plain text instead', async () => {
  await using server = await startRawServer((_, response) => response.end())

  await expect(open(server.url.replace('http:', 'https:'))).rejects.toThrow()

  expect(server.requests).toEqual([])
})

describe('TLS', () => {
  const ca = selfSigned.cert

  test('tells step by step how far it came, and whose certificate it was shown even where it does not trust it', async () => {
    await using server = await startListener({ tls: true })
    const url = server.url.replace('127.0.0.1', 'localhost')
    const [trusted, refused]: [ConnectStep[], ConnectStep[]] = [[], []]

    const socket = await open(url, { ca, onStep: (step) => void trusted.push(step) })
    await expect(open(url, { onStep: (step) => void refused.push(step) })).rejects.toThrow('not trusted')

    const steps = (of: readonly ConnectStep[]) => [...new Set(of.map(({ at }) => at))]
    expect(steps(trusted)).toEqual(['resolved', 'connected', 'shown', 'secured'])
    expect(steps(refused)).toEqual(['resolved', 'connected', 'shown'])
    expect(refused.at(-1)).toEqual({
      ...{ at: 'shown', issuer: '"localhost"', endsAt: Date.parse('2120-01-01T00:00:00Z') },
      names: 'DNS:localhost, IP Address:127.0.0.1',
    })
    socket.destroy()
  })

  test('is made where the certificate is trusted, and asks for the host by its name', async () => {
    await using server = await startListener({ tls: true })

    const socket = await open(server.url.replace('127.0.0.1', 'localhost'), { ca })

    expect(socket).toMatchObject({ encrypted: true, authorized: true, servername: 'localhost' })
    const heard = await server.connection()
    expect(heard.socket).toBeInstanceOf(TLSSocket)
    expect(heard.socket).toMatchObject({ servername: 'localhost' })
    socket.destroy()
  })

  test('is refused where the certificate is not trusted, or is of another host', async () => {
    await using server = await startListener({ tls: true })

    await expect(open(server.url)).rejects.toMatchObject({
      code: 'CERTIFICATE_UNTRUSTED',
      message: expect.stringContaining('is issued by "localhost"'),
      cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    })
    await expect(open(server.url, { ca, servername: 'another.example' })).rejects.toMatchObject({
      code: 'CERTIFICATE_UNTRUSTED',
      message: expect.stringContaining('it is for DNS:localhost, IP Address:127.0.0.1. Look at the address'),
      cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    })
  })

  test('that has ended says when, and to look at the clock', async () => {
    await using server = await startListener({ tls: true, certificate: expired })

    await expect(open(server.url, { ca: expired.cert })).rejects.toMatchObject({
      code: 'CERTIFICATE_UNTRUSTED',
      message: expect.stringMatching(
        /has expired: it is good from .* to Feb {2}1 .* 2020 GMT.* Look at the clock of this host/,
      ),
      cause: { code: 'CERT_HAS_EXPIRED' },
    })
  })

  test('that is cut off while it is being made is an error, once', async () => {
    await using server = await startListener()
    const opening = open(server.url.replace('http:', 'https:'), { ca })

    const { socket, heard } = await server.connection()
    await heard
    socket.resetAndDestroy()

    await expect(opening).rejects.toMatchObject({ code: 'ECONNRESET' })
  })
})

describe('a connection that nobody wants any more', () => {
  test('is given up while it is being made', async () => {
    await using server = await startListener({ tls: true })
    const [reason, stopping] = [new Error('stop'), new AbortController()]

    const opening = open(server.url, { signal: stopping.signal })
    stopping.abort(reason)

    await expect(opening).rejects.toBe(reason)
    await expect(open(server.url, { signal: stopping.signal })).rejects.toBe(reason)
  })

  test('is given up while its TLS is being made', async () => {
    await using server = await startListener()
    const stopping = new AbortController()

    const opening = open(server.url.replace('http:', 'https:'), { signal: stopping.signal })
    const { heard, end } = await server.connection()
    await heard
    stopping.abort(new Error('stop'))

    await expect(opening).rejects.toThrow('stop')
    await end
  })

  test('is left alone once it is there', async () => {
    await using server = await startListener()
    const stopping = new AbortController()

    const socket = await open(server.url, { signal: stopping.signal })
    stopping.abort()

    expect(socket.destroyed).toBe(false)
    socket.destroy()
  })
})

describe('the time that a connection may take', () => {
  test('is over where TCP is never answered', async () => {
    await using hole = startProgram('test/support/hole-program.ts')
    const { port } = await hole.line((line) => 'port' in line)
    const clock = createFakeClock()

    const opening = open(`http://127.0.0.1:${String(port)}`, { clock })
    const refused = expect(opening).rejects.toThrow('no connection to 127.0.0.1 within 10 s')
    await clock.advance(10_000)

    await refused
  })

  test('is the same for TCP and TLS together, and over where TLS is never answered', async () => {
    await using server = await startListener()
    const clock = createFakeClock()

    const opening = open(server.url.replace('http:', 'https:'), { clock })
    const refused = expect(opening).rejects.toThrow('no TLS with 127.0.0.1 within 10 s')
    await clock.advance(6000)
    const { heard, end } = await server.connection()
    await heard
    await clock.advance(4000)

    await refused
    await end
  })

  test.each([
    { what: 'there', tls: true, ca: selfSigned.cert },
    { what: 'there, without TLS', tls: false },
    { what: 'refused', tls: true },
  ])('is measured no longer than until the connection is $what', async ({ tls, ca }) => {
    await using server = await startListener({ tls })
    const { clock, armed } = watchedClock()

    const opening = open(server.url, { clock, ...(ca === undefined ? {} : { ca }) })
    expect(armed.size).toBe(1)
    await opening.then(
      (socket) => socket.destroy(),
      () => {},
    )

    expect(armed.size).toBe(0)
  })

  test('is measured no longer where nobody wants the connection any more', async () => {
    await using server = await startListener()
    const { clock, armed } = watchedClock()
    const stopping = new AbortController()

    const opening = open(server.url, { clock, signal: stopping.signal })
    stopping.abort(new Error('stop'))
    await expect(opening).rejects.toThrow('stop')

    expect(armed.size).toBe(0)
  })
})

function watchedClock() {
  const armed = new Set<() => void>()
  const after = (_ms: number, then: () => void) => {
    armed.add(then)
    return () => void armed.delete(then)
  }
  return { armed, clock: { after } }
}
