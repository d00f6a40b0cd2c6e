// sallyport-control code

import type { Command } from 'commander'
import { parseDuration } from './duration.ts'
import { instantText } from './table.ts'
import type { Terminal } from './terminal.ts'
import { inOffice } from './verb.ts'

export function addCode(program: Command, terminal: Terminal): void {
  const code = program.command('code').description('one-time codes by which replicas enrol')

  code
    .command('create')
    .description('make a code; a new agent comes into being with its first one')
    .argument('<agent>', 'name of the agent')
    .option('--ttl <duration>', 'how long it may be used, such as 15m', parseDuration)
    .action((agent: string, { ttl }: { ttl?: number }, command: Command) =>
      inOffice(command, terminal, async ({ administration, actor }) => {
        const made = await administration.createCode(actor, agent, ttl)
        const expiresAt = instantText(made.expiresAt)
        const note = `Enrolment code ${made.id} for ${agent}, once, until ${expiresAt}:\n`
        return { data: { id: made.id, code: made.text, expiresAt }, text: `${made.text}\n`, note }
      }),
    )

  code
    .command('revoke')
    .description('take a code back')
    .argument('<id>', 'id of the code: its second part; write -- before one that begins with -')
    .action((id: string, _: object, command: Command) =>
      inOffice(command, terminal, async ({ administration, actor }) => {
        await administration.revokeCode(actor, id)
        return { data: { id, revoked: true }, text: `Code ${id} is revoked.\n` }
      }),
    )
}
