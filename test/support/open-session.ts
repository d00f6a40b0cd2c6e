// An agent in an open session between a plane peer and a simulated JumpCloud: where a test of runs begins.

import { type JumpCloud, type JumpCloudOptions, startJumpCloud } from './jumpcloud/start.ts'
import { type PlanePeer, startPlanePeer } from './plane-peer.ts'
import type { PlaneSession } from './plane-peer-session.ts'
import { type AgentOptions, type RunningAgent, startAgent } from './running-agent.ts'

export type OpenSession = AsyncDisposable & {
  readonly plane: PlanePeer
  readonly jumpcloud: JumpCloud
  readonly agent: RunningAgent
  readonly session: PlaneSession
}

export type OpenSessionOptions = Omit<AgentOptions, 'plane' | 'jumpcloudUrl' | 'policy'> & {
  readonly sizes?: JumpCloudOptions
  /** Makes the YAML from the tenant; without it plain reads are allowed. */
  readonly policy?: (jumpcloud: JumpCloud) => string
}

export async function openSession({ sizes = {}, policy, ...rest }: OpenSessionOptions = {}): Promise<OpenSession> {
  await using stack = new AsyncDisposableStack()
  const plane = stack.use(await startPlanePeer())
  const jumpcloud = stack.use(await startJumpCloud({ users: 40, groups: 6, events: 0, ...sizes }))
  const agent = stack.use(
    await startAgent({
      plane,
      jumpcloudUrl: jumpcloud.url,
      key: jumpcloud.keys.administrator,
      ...(policy === undefined ? {} : { policy: policy(jumpcloud) }),
      ...rest,
    }),
  )
  const session = await plane.session()
  await agent.line('session.opened')
  const all = stack.move()
  return { plane, jumpcloud, agent, session, [Symbol.asyncDispose]: () => all.disposeAsync() }
}

/** A group that takes members, one that a rule fills, and users who are not in the first. */
export function castOf({ tenant }: JumpCloud) {
  const groups = tenant.groups.all
  const group = groups.find((one) => one.name !== 'All Users' && !tenant.isDynamic(one))
  const dynamic = groups.find((one) => tenant.isDynamic(one))
  if (group === undefined || dynamic === undefined) throw new Error('the tenant has too few groups')
  const members = tenant.members.targets(group.id)
  const outsiders = tenant.users.all.map(({ id }) => id).filter((id) => !members.includes(id))
  return { groupId: group.id, dynamicId: dynamic.id, outsiders }
}

/** Lets adds and removes of the cast's static group through, and the plain reads. */
export function writerPolicy(jumpcloud: JumpCloud): string {
  return [
    'version: 1',
    'connections:',
    '  main:',
    '    allow: [org.get, users.list, users.get, groups.list, groups.get, groups.members.add, groups.members.remove]',
    `    groups: { allow: [${castOf(jumpcloud).groupId}] }`,
    '',
  ].join('\n')
}

/** With the policy above. */
export const openWriter = (options: OpenSessionOptions = {}) => openSession({ policy: writerPolicy, ...options })

/** A run that adds a member to the cast's static group; it will be applied. */
export function addition({ jumpcloud }: OpenSession) {
  const { groupId, outsiders } = castOf(jumpcloud)
  return { job: 'groups.members.add', params: { groupId, userIds: outsiders.slice(0, 1) } }
}

/** The changes that JumpCloud was asked for. */
export const postsOf = ({ jumpcloud }: OpenSession) => jumpcloud.requests.filter(({ method }) => method === 'POST')
