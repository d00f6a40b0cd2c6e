// The commands `ledger verify`, `show`, `tail` and `export`: they read the files, also while the agent writes them.

import { SallyportError } from '@sallyport/protocol'
import { openIdentityFile } from '../../identity/identity.ts'
import type { Head } from '../../ledger/chain.ts'
import { ledgerDirectory } from '../../ledger/ledger-paths.ts'
import { readEntries, tailEntries } from '../../ledger/read-entries.ts'
import { type Verdict, verifyLedger } from '../../ledger/verify.ts'
import { isPut, systemCode } from '../../ports/files.ts'
import type { Host } from '../host.ts'
import { findPaths, type PathFlags } from '../paths.ts'
import { lineForPeople } from './ledger-line.ts'

export type ShowFlags = PathFlags & { readonly json?: true }
export type VerifyFlags = ShowFlags & { readonly head: readonly Head[]; readonly key?: string }
export type TailFlags = ShowFlags & { readonly lines: number }
export type ExportFlags = PathFlags & { readonly from?: Date; readonly to?: Date }

/** Throws `ledger_broken` where it is not what was written. */
export async function verify(flags: VerifyFlags, host: Host): Promise<void> {
  const directory = directoryOf(flags, host)
  const publicKey = flags.key ?? (await openIdentityFile(stateOf(flags, host)).read()).key.x
  const verdict = reading(directory, () => verifyLedger({ directory, publicKey, heads: flags.head }))
  if (flags.json) host.print(JSON.stringify({ isWhole: verdict.fault === undefined, ...verdict }))
  const { fault } = verdict
  if (fault === undefined) return flags.json ? undefined : wholeness(verdict, flags.head.length).forEach(host.print)
  const place = fault.file === undefined ? directory : `${directory}/${fault.file}:${fault.line}`
  throw new SallyportError('ledger_broken', `verify the ledger: ${place}: ${fault.why}`)
}

export async function show(run: string, flags: ShowFlags, host: Host): Promise<void> {
  const directory = directoryOf(flags, host)
  let count = 0
  reading(directory, () => {
    for (const { text, link } of readEntries(directory, (line) => line.includes(run))) {
      if (link.run !== run) continue
      count += 1
      host.print(flags.json ? text : lineForPeople(link))
    }
  })
  if (count === 0) throw new SallyportError('run_unknown', `show run ${run}: the ledger ${directory} has nothing of it`)
}

export async function tail(flags: TailFlags, host: Host): Promise<void> {
  const directory = directoryOf(flags, host)
  const entries = reading(directory, () => tailEntries(directory, flags.lines))
  for (const { text, link } of entries) host.print(flags.json ? text : lineForPeople(link))
}

/** The lines as they are, so that what is exported can be verified. */
export async function exportLines({ from, to, ...flags }: ExportFlags, host: Host): Promise<void> {
  const directory = directoryOf(flags, host)
  reading(directory, () => {
    for (const { text, link } of readEntries(directory)) {
      const at = Date.parse(link.at)
      if (at >= (from?.getTime() ?? 0) && at < (to?.getTime() ?? Number.POSITIVE_INFINITY)) host.print(text)
    }
  })
}

function stateOf(flags: PathFlags, { environment }: Host): string {
  return findPaths(flags, environment, isPut).state
}

function directoryOf(flags: PathFlags, host: Host): string {
  return ledgerDirectory(stateOf(flags, host))
}

function reading<Result>(directory: string, read: () => Result): Result {
  try {
    return read()
  } catch (cause) {
    const code = systemCode(cause)
    if (code === undefined || cause instanceof SallyportError) throw cause
    const message = `read the ledger ${directory}: ${code}. Run it as the user that the agent runs as, or as root.`
    throw new SallyportError('configuration_invalid', message, { cause })
  }
}

function wholeness({ lineCount, first, last, signed, tornBytes }: Verdict, headCount: number): readonly string[] {
  const heads = headCount === 0 ? 'no head from elsewhere was compared' : `${headCount} heads from elsewhere fit`
  const torn =
    tornBytes === 0 ? '' : `; ${tornBytes} bytes behind it are no whole line: the agent is writing, or crashed`
  return [
    `whole: ${lineCount} lines, ${first?.seq} to ${last?.seq}, signed by this replica up to line ${signed?.seq}; ${heads}${torn}`,
    `head ${last?.seq}:${last?.hash}`,
  ]
}
