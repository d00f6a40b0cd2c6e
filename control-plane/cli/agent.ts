// sallyport-control agent

import type { Command } from 'commander'
import type { Agent, Store } from '../store/store.ts'
import { instantText, table } from './table.ts'
import type { Terminal } from './terminal.ts'
import { inOffice } from './verb.ts'

export function addAgent(program: Command, terminal: Terminal): void {
  const agent = program.command('agent').description('enrolled agents')

  agent
    .command('list')
    .description('all agents')
    .action((_: object, command: Command) =>
      inOffice(command, terminal, async ({ store }) => {
        const agents = await Promise.all((await store.agents.list()).map((one) => describe(store, one)))
        const rows = agents.map(({ name, createdAt, disabledAt, brokenJournals }) => {
          const broken = brokenJournals.map(({ replica, journal }) => `${replica} ${journal}`)
          return [name, createdAt, disabledAt, broken.join(', ') || null]
        })
        return { data: { agents }, text: table(['AGENT', 'CREATED', 'DISABLED', 'BROKEN JOURNALS'], rows) }
      }),
    )

  agent
    .command('disable')
    .description('close its sessions and let it open no more')
    .argument('<agent>', 'name of the agent')
    .action((name: string, _: object, command: Command) =>
      inOffice(command, terminal, async ({ administration, actor }) => {
        await administration.disableAgent(actor, name)
        return { data: { agent: name, disabled: true }, text: `Agent ${name} is disabled.\n` }
      }),
    )

  agent
    .command('revoke')
    .description('delete it with its replicas, codes, runs and pages')
    .argument('<agent>', 'name of the agent')
    .action((name: string, _: object, command: Command) =>
      inOffice(command, terminal, async ({ administration, actor }) => {
        await administration.deleteAgent(actor, name)
        return {
          data: { agent: name, revoked: true },
          text: `Agent ${name} is gone, with all that was stored of it.\n`,
        }
      }),
    )
}

/** With the replicas that said last that they cannot write their journal: they get no writes until somebody mends it. */
async function describe({ replicas }: Pick<Store, 'replicas'>, { name, createdAt, disabledAt }: Agent) {
  const brokenJournals = (await replicas.list(name)).flatMap(({ id: replica, journal, revokedAt }) =>
    journal === null || journal === 'ok' || revokedAt !== null ? [] : [{ replica, journal }],
  )
  return { name, createdAt: instantText(createdAt), disabledAt: instantText(disabledAt), brokenJournals }
}
