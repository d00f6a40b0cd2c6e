// HTTP: agents and their replicas, as they are stored and as they are connected.

import { createRoute, z } from '@hono/zod-openapi'
import { connectionState, journalState, plainName, SallyportError } from '@sallyport/protocol'
import type { Administration } from '../audit/administration.ts'
import type { Gateway } from '../gateway/gateway.ts'
import { keptHead } from '../gateway/ledger-head.ts'
import type { SessionView } from '../gateway/session-view.ts'
import type { Agent, Replica, Store } from '../store/store.ts'
import type { Tokens } from '../tokens/tokens.ts'
import { instant, maybeInstant, toInstant } from './instant.ts'
import { answers, createRouter, errors, needs, type Router } from './router.ts'

const sessionAnswer = z.object({
  openedAt: instant,
  version: z.string(),
  jobs: z.array(z.string()).describe('job names that its policy lets through for some connection'),
  policy: z.string().nullable().describe('digest of the policy; null without one'),
  connections: z.array(connectionState),
  journal: journalState
    .nullable()
    .describe(
      'while it is not `ok`, writes wait; null where it keeps none, and cannot say after a crash what they became',
    ),
  draining: z.boolean(),
  lead: z.boolean().describe('it runs the feeds of the agent'),
  runCount: z.int().min(0).describe('given to it and not finished'),
})

const replicaAnswer = z.object({
  id: z.string(),
  version: z.string(),
  createdAt: instant,
  revokedAt: instant.nullable(),
  lastSeenAt: instant.nullable().describe('when its newest session was opened'),
  ledger: z
    .object({ seq: z.int().min(0), hash: z.string() })
    .nullable()
    .describe('the newest head of its ledger that it told, for `sallyport ledger verify --head`'),
  ledgerAlarmAt: instant.nullable().describe('when it told last one that does not go on from the one before'),
  session: sessionAnswer.nullable().describe('null while it is not connected'),
})

const agentAnswer = z
  .object({ name: plainName, createdAt: instant, disabledAt: instant.nullable(), connectedCount: z.int().min(0) })
  .openapi('Agent')

const agentWithReplicas = agentAnswer.extend({ replicas: z.array(replicaAnswer) }).openapi('AgentWithReplicas')

const ofAgent = z.object({ agent: plainName })
const ofReplica = z.object({ agent: plainName, replica: z.string().min(1).max(64) })

type Services = {
  readonly store: Store
  readonly gateway: Pick<Gateway, 'sessions'>
  readonly administration: Administration
  readonly tokens: Tokens
}

export function agentRoutes(services: Services): Router {
  const router = createRouter()
  addReading(router, services)
  addEnding(router, services)
  return router
}

function addReading(router: Router, { store, gateway, tokens }: Services): void {
  const list = createRoute({
    method: 'get',
    path: '/v1/agents',
    summary: 'The agents that the token may see.',
    ...needs(tokens, 'agents:read'),
    responses: answers(200, 'Agents by name.', z.object({ agents: z.array(agentAnswer) })),
  })
  router.openapi(list, async (context) => {
    const { caller } = context.var
    const agents = (await store.agents.list()).filter(({ name }) => caller.may('agents:read', name))
    const sessions = gateway.sessions()
    return context.json({ agents: agents.map((agent) => toAgent(agent, sessions)) }, 200)
  })

  const get = createRoute({
    method: 'get',
    path: '/v1/agents/{agent}',
    summary: 'One agent and its replicas.',
    ...needs(tokens, 'agents:read'),
    request: { params: ofAgent },
    responses: answers(200, 'The agent.', agentWithReplicas),
  })
  router.openapi(get, async (context) => {
    const name = context.req.valid('param').agent
    const agent = await store.agents.get(name)
    if (agent === undefined) {
      throw new SallyportError('agent_unknown', `get agent ${name}: there is none of this name.`)
    }
    const sessions = gateway.sessions()
    const replicas = (await store.replicas.list(name)).map((replica) => toReplica(replica, sessions))
    return context.json({ ...toAgent(agent, sessions), replicas }, 200)
  })
}

function addEnding(router: Router, { administration, tokens }: Services): void {
  const done = { 204: { description: 'Done. Its sessions are closed.' }, ...errors }
  const disable = createRoute({
    method: 'post',
    path: '/v1/agents/{agent}/disable',
    summary: 'Closes the sessions of an agent and lets it open no more.',
    ...needs(tokens, 'agents:write'),
    request: { params: ofAgent },
    responses: done,
  })
  router.openapi(disable, async (context) => {
    await administration.disableAgent(context.var.caller.name, context.req.valid('param').agent)
    return context.body(null, 204)
  })

  const remove = createRoute({
    method: 'delete',
    path: '/v1/agents/{agent}',
    summary: 'Deletes an agent with its replicas, codes, runs and pages.',
    ...needs(tokens, 'agents:write'),
    request: { params: ofAgent },
    responses: done,
  })
  router.openapi(remove, async (context) => {
    await administration.deleteAgent(context.var.caller.name, context.req.valid('param').agent)
    return context.body(null, 204)
  })

  const revoke = createRoute({
    method: 'delete',
    path: '/v1/agents/{agent}/replicas/{replica}',
    summary: 'Revokes the key of one replica.',
    ...needs(tokens, 'agents:write'),
    request: { params: ofReplica },
    responses: done,
  })
  router.openapi(revoke, async (context) => {
    const { agent, replica } = context.req.valid('param')
    await administration.revokeReplica(context.var.caller.name, agent, replica)
    return context.body(null, 204)
  })
}

function toAgent({ name, createdAt, disabledAt }: Agent, sessions: readonly SessionView[]) {
  const connectedCount = sessions.filter(({ agent }) => agent === name).length
  return { name, createdAt: toInstant(createdAt), disabledAt: maybeInstant(disabledAt), connectedCount }
}

function toReplica(replica: Replica, sessions: readonly SessionView[]): z.infer<typeof replicaAnswer> {
  const session = sessions.find((candidate) => candidate.replica === replica.id)
  return {
    id: replica.id,
    version: replica.version,
    createdAt: toInstant(replica.createdAt),
    revokedAt: maybeInstant(replica.revokedAt),
    lastSeenAt: maybeInstant(replica.lastSeenAt),
    ledger: keptHead(replica),
    ledgerAlarmAt: maybeInstant(replica.ledgerAlarmAt),
    session: session === undefined ? null : toSession(session),
  }
}

function toSession(view: SessionView): z.infer<typeof sessionAnswer> {
  const { openedAt, version, jobs, policy, connections, journal, draining, lead, runCount } = view
  return {
    openedAt: toInstant(openedAt),
    version,
    jobs: [...jobs],
    policy,
    connections: [...connections],
    journal,
    draining,
    lead,
    runCount,
  }
}
