// sallyport-control replica

import { SallyportError } from '@sallyport/protocol'
import type { Command } from 'commander'
import { keptHead } from '../gateway/ledger-head.ts'
import type { Replica } from '../store/store.ts'
import { instantText, table } from './table.ts'
import type { Terminal } from './terminal.ts'
import { inOffice } from './verb.ts'

export function addReplica(program: Command, terminal: Terminal): void {
  const replica = program.command('replica').description('running copies of an agent, each with its own key')

  replica
    .command('list')
    .description('the replicas of an agent')
    .argument('<agent>', 'name of the agent')
    .action((agent: string, _: object, command: Command) =>
      inOffice(command, terminal, async ({ store }) => {
        if ((await store.agents.get(agent)) === undefined) {
          throw new SallyportError('agent_unknown', `list the replicas of ${agent}: there is no agent of this name.`)
        }
        const replicas = (await store.replicas.list(agent)).map(describe)
        const rows = replicas.map((one) => [
          ...[one.id, one.version, one.journal, one.lastSeenAt, one.revokedAt],
          ...[one.ledger, one.ledgerAlarmAt],
        ])
        const head = ['REPLICA', 'VERSION', 'JOURNAL', 'LAST SEEN', 'REVOKED', 'LEDGER HEAD', 'LEDGER ALARM']
        return { data: { replicas }, text: table(head, rows) }
      }),
    )

  replica
    .command('revoke')
    .description('revoke its key: its session closes and it opens no more')
    .argument('<id>', 'id of the replica')
    .action((id: string, _: object, command: Command) =>
      inOffice(command, terminal, async ({ store, administration, actor }) => {
        const known = await store.replicas.get(id)
        if (known === undefined) {
          throw new SallyportError('replica_unknown', `revoke replica ${id}: there is none of this id.`)
        }
        await administration.revokeReplica(actor, known.agent, id)
        return { data: { id, revoked: true }, text: `Replica ${id} of ${known.agent} is revoked.\n` }
      }),
    )
}

/** The head as `sallyport ledger verify --head` takes it. */
function describe(replica: Replica) {
  const { id, version, journal, lastSeenAt, revokedAt, ledgerAlarmAt } = replica
  const head = keptHead(replica)
  return {
    ...{ id, version, journal },
    lastSeenAt: instantText(lastSeenAt),
    revokedAt: instantText(revokedAt),
    ledger: head === null ? null : `${head.seq}:${head.hash}`,
    ledgerAlarmAt: instantText(ledgerAlarmAt),
  }
}
