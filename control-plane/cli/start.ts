// sallyport-control start

import { once } from 'node:events'
import type { Command } from 'commander'
import { createLog } from '../log.ts'
import { startServer } from '../server.ts'
import { type Flags, readSettings } from './settings.ts'
import type { Terminal } from './terminal.ts'

export function addStart(program: Command, terminal: Terminal): void {
  program
    .command('start')
    .description('serve agents and callers until SIGTERM or SIGINT')
    .action((_: object, command: Command) => start(command.optsWithGlobals<Flags>(), terminal))
}

async function start(flags: Flags, terminal: Terminal): Promise<void> {
  const { clock, random, stop } = terminal
  const configuration = await readSettings(flags, terminal)
  const log = createLog({ level: configuration.log.level, ...terminal.log, clock })
  await using _ = await startServer(configuration, { clock, random, log })
  if (!stop.aborted) await once(stop, 'abort')
  log.info('plane.stopping')
}
