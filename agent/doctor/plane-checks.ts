// The checks of the control plane beyond the way to it: that one answers, that both ends speak the same, what its clock says,
// and whether it knows this replica.

import { type CloseReason, closeCodes, commonVersion, protocolVersions } from '@sallyport/protocol'
import type { Configuration } from '../configuration/configuration.ts'
import { destinationsOf } from '../egress/destinations.ts'
import { openIdentityFile } from '../identity/identity.ts'
import { guardedSend } from '../session/guarded-send.ts'
import { createOpenSocket } from '../session/socket.ts'
import { type Check, fail, ok, type Verdict, warn } from './check.ts'
import { type Ground, ifRunning, type Running } from './ground.ts'
import { type Knocked, knock } from './knock.ts'
import { once } from './once.ts'
import { openLegWays } from './way.ts'
import { wayChecks } from './way-checks.ts'

type PlaneChecks = { readonly ground: Ground; readonly configuration: Configuration; readonly running: Running }

export function planeChecks({ ground, configuration, running }: PlaneChecks): readonly Check[] {
  const { clock, environment, paths } = ground
  const { url } = configuration.plane
  const open = once(() => {
    const destinations = destinationsOf(configuration, environment)
    return openLegWays({ name: 'plane', settings: configuration.plane, destinations, urls: [url] }, ground)
  })
  const identity = () => openIdentityFile(paths.state).read()
  const ask = once((signal: AbortSignal) => knockAt(url, { ground, running, open, identity }, signal))
  return [
    ...wayChecks({ family: 'plane', open, clock }),
    {
      id: 'plane.upgrade',
      after: ['plane.tls'],
      look: async (signal) => ok(`control plane ${(await ask(signal)).challenge.plane} answers at ${url}`),
    },
    { id: 'plane.protocol', after: ['plane.upgrade'], look: async (signal) => sayProtocol(await ask(signal)) },
    {
      id: 'clock.skew',
      after: ['plane.upgrade'],
      look: async (signal) => saySkew(clock.now() - (await ask(signal)).challenge.time),
    },
    {
      id: 'plane.enrolment',
      after: ['plane.protocol', 'identity.valid'],
      look: async (signal) => {
        const agent = await ifRunning(running)
        if (agent?.session.state === 'open') return ok(`the agent has its session since ${agent.session.since}`)
        return sayEnrolment(await ask(signal), { url, identity: await identity() })
      },
    },
  ]
}

type Identity = Awaited<ReturnType<ReturnType<typeof openIdentityFile>['read']>>

type KnockingAt = {
  readonly ground: Ground
  readonly running: Running
  readonly open: () => ReturnType<typeof openLegWays>
  readonly identity: () => Promise<Identity>
}

/** An agent that has its session shows by that what would be asked here. */
async function knockAt(url: string, { ground, running, open, identity }: KnockingAt, signal: AbortSignal) {
  const { clock, random, version } = ground
  const { connector } = await open()
  const isIn = (await ifRunning(running))?.session.state === 'open'
  const userAgent = `Sallyport/${version}`
  return await knock(
    {
      url,
      openSocket: createOpenSocket({ connector, userAgent, clock }),
      sendBy: (socket) => guardedSend(socket, ground),
      identity: isIn ? undefined : await identity().catch(() => undefined),
      ...{ version, random, clock },
    },
    signal,
  )
}

function sayProtocol({ challenge: { protocol } }: Knocked): Verdict {
  const theirs = `the control plane speaks protocol ${protocol.min} to ${protocol.max}`
  const ours = `this agent ${protocolVersions.min} to ${protocolVersions.max}`
  if (commonVersion(protocol, protocolVersions) !== undefined) return ok(`${theirs}, ${ours}`)
  return fail(`${theirs}, ${ours}: update the older one`)
}

const seconds = 1000
const mostSkew = { ok: 30 * seconds, warn: 5 * 60 * seconds }

function saySkew(skewMs: number): Verdict {
  const apart = Math.round(Math.abs(skewMs) / seconds)
  const says = `the clock of this host is ${apart} s ${skewMs > 0 ? 'ahead of' : 'behind'} that of the control plane`
  if (Math.abs(skewMs) <= mostSkew.ok) return ok(says)
  return Math.abs(skewMs) <= mostSkew.warn ? warn(says) : fail(`${says}; look which of the two is wrong`)
}

type Enrolled = { readonly url: string; readonly identity: Identity }

function sayEnrolment({ challenge, answer }: Knocked, { url, identity }: Enrolled): Verdict {
  const { plane, agent, replica } = identity
  if (challenge.plane !== plane.id) {
    return fail(`this host is enrolled at control plane ${plane.id}, and ${challenge.plane} answers at ${url}`)
  }
  if (answer === 'protocol_unsupported' || answer === 'in') {
    return ok(`the control plane knows replica ${replica} of agent ${agent}`)
  }
  if (answer === 'agent_disabled') {
    return fail(`agent ${agent} is disabled at the control plane; whoever runs that can say why`, 'sallyport status')
  }
  return fail(`the control plane does not let replica ${replica} in: ${meaningOf(answer)}`)
}

function meaningOf(answer: CloseReason | 'silent' | number | undefined): string {
  if (answer === 'silent') return 'it does not answer who asks for a session'
  return typeof answer === 'string' ? closeCodes[answer].meaning : `it closed with ${answer ?? 'no code'}`
}
