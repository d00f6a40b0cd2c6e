// sallyport-control agent

import type { Command } from 'commander'
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
        const agents = (await store.agents.list()).map(({ name, createdAt, disabledAt }) => ({
          name,
          createdAt: instantText(createdAt),
          disabledAt: instantText(disabledAt),
        }))
        const rows = agents.map(({ name, createdAt, disabledAt }) => [name, createdAt, disabledAt])
        return { data: { agents }, text: table(['AGENT', 'CREATED', 'DISABLED'], rows) }
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
