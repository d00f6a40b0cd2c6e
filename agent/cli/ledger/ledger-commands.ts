// The names and flags of the commands about the ledger.

import { type Command, InvalidArgumentError } from 'commander'
import type { Head } from '../../ledger/chain.ts'
import type { Host } from '../host.ts'
import type { ExportFlags, ShowFlags, TailFlags, VerifyFlags } from './ledger.ts'

export function addLedger(program: Command, withPaths: (command: Command) => Command, host: Host): void {
  const ledger = program.command('ledger').description('the record of what the agent did')
  const commands = () => import('./ledger.ts')

  withPaths(ledger.command('verify'))
    .description('check that nothing in it was changed, moved or taken out')
    .option('--head <n:hash>', 'a head that was kept elsewhere (log, control plane); may be given again', parseHead, [])
    .option('--key <x>', "the replica's public key, for a copy on another host (default: of identity.json)")
    .option('--json', 'print JSON')
    .action(async (flags: VerifyFlags) => (await commands()).verify(flags, host))
  withPaths(ledger.command('show'))
    .argument('<run>', 'id of a run')
    .description('everything that was done for a run')
    .option('--json', 'print the lines as they are')
    .action(async (run: string, flags: ShowFlags) => (await commands()).show(run, flags, host))
  withPaths(ledger.command('tail'))
    .description('what happened last')
    .option('-n, --lines <count>', 'how many lines', parseCount, 20)
    .option('--json', 'print the lines as they are')
    .action(async (flags: TailFlags) => (await commands()).tail(flags, host))
  withPaths(ledger.command('export'))
    .description('the lines as they are, on standard output')
    .option('--from <instant>', 'the first instant', parseInstant)
    .option('--to <instant>', 'the first that is left out', parseInstant)
    .action(async (flags: ExportFlags) => (await commands()).exportLines(flags, host))
}

/** `N:HASH`, as it stands in the log and at the control plane. */
function parseHead(text: string, earlier: readonly Head[] = []): readonly Head[] {
  const [, seq, hash] = /^(\d{1,15}):([0-9a-f]{64})$/.exec(text) ?? []
  if (seq !== undefined && hash !== undefined) return [...earlier, { seq: Number(seq), hash }]
  throw new InvalidArgumentError('Write N:HASH, the number of a line and its SHA-256 in lower-case hexadecimal.')
}

/** A date, or a date and a time: `2026-03-04`, `2026-03-04T05:06:07Z`. */
function parseInstant(text: string): Date {
  const at = new Date(text)
  if (!Number.isNaN(at.getTime())) return at
  throw new InvalidArgumentError('Write a date or an instant, such as 2026-03-04 or 2026-03-04T05:06:07Z.')
}

function parseCount(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text)
  throw new InvalidArgumentError('Write a number from 1 to 999999.')
}
