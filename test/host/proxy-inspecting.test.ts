// A proxy that ends TLS in the middle and reads everything: what it can do where its authority is trusted, and what it cannot.

import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { AgentHost } from '../support/agent-host.ts'
import { type CertificateAuthority, makeCertificateAuthority } from '../support/certificate-authority.ts'
import { type FrontedWorld, startFrontedWorld } from '../support/fronted-world.ts'
import { type InspectingProxy, startInspectingProxy } from '../support/inspecting-proxy.ts'
import { makeSigningKey } from '../support/plane-peer-keys.ts'

type Stage = {
  readonly world: FrontedWorld
  readonly authority: CertificateAuthority
  readonly proxy: InspectingProxy
  readonly agent: AgentHost
  /** One that the policy lets change. */
  readonly groupId: string
}

/** Of the proxy. */
const own = makeSigningKey()

const stack = new AsyncDisposableStack()
const stages: Stage[] = []
const stage = (): Stage => {
  const [there] = stages
  if (there === undefined) throw new Error('it is there while tests run, not before')
  return there
}

/** Both legs by the proxy, whose authority the host trusts or not. */
function addHost(world: FrontedWorld, proxy: InspectingProxy, { name, ca }: { name: string; ca: string }) {
  const way = `${ca}proxy: { url: "${proxy.url}" }`
  return world.addHost(name, { plane: way, jumpcloud: way })
}

const trusted = ({ file }: CertificateAuthority) => `ca: "${file}", `

beforeAll(async () => {
  const world = stack.use(await startFrontedWorld())
  const authority = await makeCertificateAuthority(world.directory, 'Inspecting CA')
  const proxy = stack.use(await startInspectingProxy(authority, [world.planeCa.cert, world.jumpcloudCa.cert]))
  const agent = await addHost(world, proxy, { name: 'inspected', ca: trusted(authority) })
  await agent.enrol(await world.code())
  await agent.start()
  const { groups } = await world.simulator.state()
  stages.push({ world, authority, proxy, agent, groupId: groups[1]?.id ?? '' })
})

afterAll(() => stack.disposeAsync())

test('works where its authority is trusted; it reads the key on the way to JumpCloud, and never on that to the control plane', async () => {
  const { world, proxy } = stage()

  expect(await world.plane.caller.run('groups.list', {})).toMatchObject({ state: 'done' })

  expect(proxy.read(world.jumpcloudFront.port).raw).toContain(world.simulator.key)
  expect(proxy.read(world.planeFront.port).raw).not.toContain(world.simulator.key)
})

test('is named by the issuer of its certificates where its authority is not trusted', async () => {
  const { world, proxy } = stage()
  const host = await addHost(world, proxy, { name: 'wary', ca: '' })

  await expect(host.enrol(await world.code())).rejects.toThrow(
    'the certificate that answers for localhost is issued by "Inspecting CA", which is not trusted here. If that is your inspecting proxy or your own CA, name its certificate as plane.ca',
  )
})

describe('it makes the agent do nothing', () => {
  test('by a batch that it changed, or signed itself', async () => {
    const { world, proxy, agent, groupId } = stage()
    const frame = await realRun()
    const before = await world.simulator.mutations()
    const [header = '', payload = '', signature = ''] = String(parsed(frame).jws).split('.')
    const { users } = await world.simulator.state()
    const another = payloadFor({ payload, groupId, userId: users.at(-1)?.id ?? '' })
    const seen = agent.lines().length

    const attempts = [
      { jws: `${header}.${another}.${signature}`, code: 'batch_signature_wrong' },
      { jws: own.sign('', decoded(another), JSON.parse(decoded(header))), code: 'batch_signature_wrong' },
      { jws: own.sign('sallyport-batch', decoded(another)), code: 'batch_key_unknown' },
    ]
    for (const { jws } of attempts) proxy.inject(JSON.stringify({ type: 'run', jws }))
    await settled()

    const refused = agent
      .lines()
      .slice(seen)
      .map(parsed)
      .filter(({ event }) => event === 'batch.refused')
    expect(refused.map(({ code }) => code)).toEqual(attempts.map(({ code }) => code))
    expect(await world.simulator.mutations()).toEqual(before)
  })

  test('by a batch of the control plane that it says again, in this session or in the next', async () => {
    const { world, proxy, agent } = stage()
    const frame = await realRun()
    const before = await world.simulator.mutations()

    proxy.inject(frame)
    await settled()
    const seen = agent.program.lines.length
    proxy.cut()
    await agent.program.line(({ event }) => event === 'session.opened', seen)
    proxy.inject(frame)
    await settled()

    expect(agent.lines().slice(seen).map(parsed)).toContainEqual(
      expect.objectContaining({ event: 'batch.refused', code: 'batch_wrong_session' }),
    )
    expect(await world.simulator.mutations()).toEqual(before)
  })
})

describe('it gets no key of its own into an enrolment', () => {
  test.each([
    {
      what: "in place of the agent's",
      code: 'enrolment_tampered',
      swap: (text: string) => text.replace(/("publicKey":")[\w-]{43}/, `$1${own.x}`),
    },
    {
      what: "in place of the control plane's",
      code: 'plane_key_wrong',
      swap: (text: string) =>
        text
          .replaceAll(/(\\"x\\":\\")[\w-]{43}/g, `$1${own.x}`)
          .replaceAll(/(\\"kid\\":\\")[\w-]{43}/g, `$1${own.kid}`),
    },
  ])('$what', async ({ code, swap }) => {
    const { world, proxy, authority } = stage()
    const host = await addHost(world, proxy, { name: code, ca: trusted(authority) })
    const codeText = await world.code()
    let swapped = 0
    proxy.tamper = (text) => {
      const other = swap(text)
      if (other !== text) swapped += 1
      return other
    }

    await expect(host.enrol(codeText)).rejects.toThrow(`sallyport: ${code}:`)
    proxy.tamper = undefined

    expect(swapped).toBe(1)
    expect(existsSync(join(host.directory, 'state', 'identity.json'))).toBe(false)
    await host.enrol(codeText)
    expect(await readFile(join(host.directory, 'state', 'identity.json'), 'utf8')).not.toContain(own.x)
  })
})

/** A write that the control plane ordered, which was done; the frame that ordered it. */
async function realRun(): Promise<string> {
  const { world, proxy, groupId } = stage()
  const { users, groups } = await world.simulator.state()
  const members = groups.find(({ id }) => id === groupId)?.members ?? []
  const user = users.find(({ id }) => !members.includes(id))
  const params = { groupId, userIds: [user?.id] }
  expect(await world.plane.caller.run('groups.members.add', params)).toMatchObject({ state: 'done' })
  const { fromFar } = proxy.read(world.planeFront.port)
  return fromFar.findLast((text) => parsed(text).type === 'run') ?? ''
}

/** What was put in before has been dealt with: a read that was ordered after it is answered. */
async function settled(): Promise<void> {
  expect(await stage().world.plane.caller.run('org.get', {})).toMatchObject({ state: 'done' })
}

/** The same batch, with another run in it. */
function payloadFor({ payload, groupId, userId }: { payload: string; groupId: string; userId: string }): string {
  const batch = JSON.parse(decoded(payload))
  const text = JSON.parse(batch.runs[0].run)
  const run = JSON.stringify({ ...text, id: 'run-of-the-proxy', params: { groupId, userIds: [userId] } })
  return Buffer.from(JSON.stringify({ ...batch, runs: [{ ...batch.runs[0], run }] })).toString('base64url')
}

function decoded(part: string): string {
  return Buffer.from(part, 'base64url').toString()
}

/** A line of a log, or a message; nothing where it is neither. */
function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    return Object(JSON.parse(text))
  } catch {
    return {}
  }
}
