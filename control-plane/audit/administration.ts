// What administrators may do, and enrolment, each act written to the audit log with who did it. The HTTP interface, the
// command line and the library all come through here.

import { type EnrolmentAnswer, SallyportError } from '@sallyport/protocol'
import type { Enrolment, MadeCode } from '../enrolment/enrolment.ts'
import type { Clock } from '../ports/clock.ts'
import type { Log } from '../ports/log.ts'
import type { Store } from '../store/store.ts'
import type { MadeToken, NewToken, Tokens } from '../tokens/tokens.ts'
import { createNote, type Note } from './note.ts'

export type Administration = {
  /** Throws as `Enrolment.createCode`. */
  createCode(actor: string, agent: string, ttlMs?: number): Promise<MadeCode>
  /** Throws `code_unknown`. */
  revokeCode(actor: string, id: string): Promise<void>
  /** Its sessions close and it enrols no more. Throws `agent_unknown`. */
  disableAgent(actor: string, agent: string): Promise<void>
  /** With its replicas, codes, runs and pages. Throws `agent_unknown`. */
  deleteAgent(actor: string, agent: string): Promise<void>
  /** Throws `replica_unknown`, also for a replica of another agent. */
  revokeReplica(actor: string, agent: string, replica: string): Promise<void>
  /** Throws as `Tokens.create`. */
  createToken(actor: string, token: NewToken): Promise<MadeToken>
  /** Throws `token_unknown`. */
  revokeToken(actor: string, name: string): Promise<void>
  /** Throws as `Enrolment.enrol`; refusals are in the log, and in the audit log too where the code is one that was made. */
  enrol(request: unknown): Promise<EnrolmentAnswer>
}

export type AdministrationOptions = {
  readonly store: Store
  readonly enrolment: Enrolment
  readonly tokens: Tokens
  readonly clock: Pick<Clock, 'now'>
  readonly log: Log
  /** Called after a change that ends sessions. */
  readonly changed: () => Promise<void>
}

export function createAdministration(options: AdministrationOptions): Administration {
  const { enrolment } = options
  const note = createNote(options)
  return {
    ...agentActs(options, note),
    ...tokenActs(options, note),
    async createCode(actor, agent, ttlMs) {
      const code = await enrolment.createCode(agent, ttlMs)
      await note(actor, 'code.created', agent, { code: code.id, expiresAt: code.expiresAt })
      return code
    },
    async revokeCode(actor, id) {
      await enrolment.revokeCode(id)
      await note(actor, 'code.revoked', id)
    },
    enrol: (request) => enrolWithNote(options, note, request),
  }
}

/** Sessions end before the act is noted: a note that cannot be written must not leave them open. */
function agentActs({ store, clock, changed }: AdministrationOptions, note: Note) {
  return {
    async disableAgent(actor: string, agent: string) {
      if (!(await store.agents.disable(agent, clock.now()))) throw agentUnknown('disable', agent)
      await changed()
      await note(actor, 'agent.disabled', agent)
    },
    async deleteAgent(actor: string, agent: string) {
      if (!(await store.agents.remove(agent))) throw agentUnknown('delete', agent)
      await changed()
      await note(actor, 'agent.deleted', agent)
    },
    async revokeReplica(actor: string, agent: string, replica: string) {
      const known = await store.replicas.get(replica)
      if (known?.agent !== agent || !(await store.replicas.revoke(replica, clock.now()))) {
        throw new SallyportError(
          'replica_unknown',
          `revoke replica ${replica}: the agent ${agent} has none of this id.`,
        )
      }
      await changed()
      await note(actor, 'replica.revoked', replica, { agent })
    },
  }
}

function tokenActs({ tokens }: AdministrationOptions, note: Note) {
  return {
    async createToken(actor: string, wanted: NewToken) {
      const token = await tokens.create(wanted)
      await note(actor, 'token.created', token.name, { scopes: wanted.scopes, expiresAt: token.expiresAt })
      return token
    },
    async revokeToken(actor: string, name: string) {
      await tokens.revoke(name)
      await note(actor, 'token.revoked', name)
    },
  }
}

async function enrolWithNote(
  { enrolment, store, log }: AdministrationOptions,
  note: Note,
  request: unknown,
): Promise<EnrolmentAnswer> {
  try {
    const answer = await enrolment.enrol(request)
    log.info('replica.enrolled', { agent: answer.agent, replica: answer.replica })
    await note('enrolment', 'replica.enrolled', answer.agent, { replica: answer.replica })
    return answer
  } catch (error) {
    log.warn('enrolment.refused', { code: codeOf(request), error })
    // What names no code that was ever made can be sent by anybody, at any rate: it is not worth the disk.
    if (error instanceof SallyportError && (await store.codes.get(codeOf(request))) !== undefined) {
      await note('enrolment', 'enrolment.refused', codeOf(request), { code: error.code })
    }
    throw error
  }
}

function codeOf(request: unknown): string {
  const known = typeof request === 'object' && request !== null && 'code' in request ? request.code : undefined
  return typeof known === 'string' ? known.slice(0, 64) : ''
}

function agentUnknown(doing: string, agent: string): SallyportError {
  return new SallyportError('agent_unknown', `${doing} agent ${agent}: there is none of this name.`)
}
