// sallyport-control token

import type { Command } from 'commander'
import { parseDuration } from './duration.ts'
import { instantText, table } from './table.ts'
import type { Terminal } from './terminal.ts'
import { inOffice } from './verb.ts'

type CreateOptions = { readonly scope: readonly string[]; readonly ttl: number }

const collect = (value: string, earlier: readonly string[] = []): readonly string[] => [...earlier, ...value.split(',')]

export function addToken(program: Command, terminal: Terminal): void {
  const token = program.command('token').description('API tokens')

  token
    .command('create')
    .description('make a token; it is shown once')
    .argument('<name>', 'what the audit log and the ledger of the agent will show')
    .requiredOption('--scope <scope>', 'agents:read, agents:write, runs:read, runs:write; each also @AGENT', collect)
    .requiredOption('--ttl <duration>', 'how long it is valid, such as 90d', parseDuration)
    .action((name: string, { scope: scopes, ttl: ttlMs }: CreateOptions, command: Command) =>
      inOffice(command, terminal, async ({ administration, actor }) => {
        const made = await administration.createToken(actor, { name, scopes, ttlMs })
        const expiresAt = instantText(made.expiresAt)
        const note = `API token ${name}, until ${expiresAt}; it is not shown again:\n`
        return { data: { name, token: made.text, scopes, expiresAt }, text: `${made.text}\n`, note }
      }),
    )

  token
    .command('list')
    .description('all tokens; what they are is kept nowhere')
    .action((_: object, command: Command) =>
      inOffice(command, terminal, async ({ tokens }) => {
        const all = (await tokens.list()).map(({ name, scopes, expiresAt, revokedAt }) => ({
          name,
          scopes,
          expiresAt: instantText(expiresAt),
          revokedAt: instantText(revokedAt),
        }))
        const rows = all.map(({ name, scopes, expiresAt, revokedAt }) => [name, scopes.join(','), expiresAt, revokedAt])
        return { data: { tokens: all }, text: table(['TOKEN', 'SCOPES', 'EXPIRES', 'REVOKED'], rows) }
      }),
    )

  token
    .command('revoke')
    .description('take a token back')
    .argument('<name>', 'name of the token')
    .action((name: string, _: object, command: Command) =>
      inOffice(command, terminal, async ({ administration, actor }) => {
        await administration.revokeToken(actor, name)
        return { data: { name, revoked: true }, text: `Token ${name} is revoked.\n` }
      }),
    )
}
