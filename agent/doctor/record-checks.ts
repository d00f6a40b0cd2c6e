// The checks of what the agent keeps: the journal with its key, and the ledger. They read beside a running agent, and open
// no database, because that would write.

import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { openIdentityFile } from '../identity/identity.ts'
import { readJournalKey } from '../journal/journal-key.ts'
import { journalPaths } from '../journal/journal-paths.ts'
import { readLostMark } from '../journal/lost-journal.ts'
import { ledgerDirectory, listLedger } from '../ledger/ledger-paths.ts'
import { findTail } from '../ledger/ledger-tail.ts'
import { verifyLedger } from '../ledger/verify.ts'
import { type Check, fail, ok, skip, type Verdict, warn } from './check.ts'
import { type Ground, ifRunning, type Running, type RunningAgent } from './ground.ts'
import { startCommand } from './unit.ts'

export function recordChecks(ground: Ground, running: Running): readonly Check[] {
  return [
    { id: 'journal.key', after: ['state.directory'], look: (signal) => lookAtKey(ground, signal) },
    {
      id: 'journal',
      after: ['state.directory', 'identity.valid'],
      look: async (signal) => lookAtJournal(ground, await ifRunning(running), signal),
    },
    {
      id: 'ledger',
      after: ['state.directory', 'identity.valid'],
      look: async () => lookAtLedger(ground, await ifRunning(running)),
    },
  ]
}

const keyName = 'journal-key'

/** Reading the key would make one where there is neither key nor journal. */
async function lookAtKey(ground: Ground, signal: AbortSignal): Promise<Verdict> {
  const { files, random, environment, surroundings, paths } = ground
  const { key, database } = journalPaths(paths.state)
  const hasKey = (await surroundings.see(key)) !== undefined
  const hasJournal = (await surroundings.see(database)) !== undefined
  if (!hasKey && !hasJournal) return ok('it is made when the agent starts for the first time')
  if (!hasKey && (await isCredential(ground, signal))) return ok(`the service is given it as the credential ${keyName}`)
  try {
    const credentialsDirectory = environment.CREDENTIALS_DIRECTORY
    const { source } = await readJournalKey({ stateDirectory: paths.state, credentialsDirectory, files, random })
    if (source === 'credential') return ok(`the credential ${keyName} of systemd`)
    return ok(
      `${key}; lying beside the journal it protects copies of that alone, as the credential ${keyName} would not`,
    )
  } catch (error) {
    if (!(error instanceof SallyportError)) throw error
    return hasKey ? fail(error.message) : fail(error.message, `cp BACKUP/journal.key ${key}`)
  }
}

async function isCredential({ surroundings }: Ground, signal: AbortSignal): Promise<boolean> {
  const unit = await surroundings.ask('systemctl', ['cat', 'sallyport.service'], signal)
  return unit !== undefined && new RegExp(`^LoadCredential.*=${keyName}\\b`, 'm').test(unit)
}

const headOfFile = 'SQLite format 3\0'

async function lookAtJournal(ground: Ground, running: RunningAgent | undefined, signal: AbortSignal): Promise<Verdict> {
  const paths = journalPaths(ground.paths.state)
  const mark = await readLostMark(paths)
  if (mark !== undefined) {
    const at = new Date(mark.at).toISOString()
    const mend = running === undefined ? await thenResume(ground, signal) : undefined
    return fail(`it was lost at ${at} (${mark.why}): look at unfinished changes in JumpCloud, then resume`, mend)
  }
  if (running !== undefined && running.journal.name !== 'ok') {
    return fail(running.journal.message, running.journal.name === 'full' ? `df -h ${paths.directory}` : undefined)
  }
  const read = await ground.files.read(paths.database, headOfFile.length).catch(() => undefined)
  if (read === undefined) {
    const useCount = await openIdentityFile(ground.paths.state).journalUseCount()
    if (useCount === 0) return ok('it is made when the agent starts for the first time')
    const says = `${paths.database} is gone; the agent will begin another, and hold changes back until somebody has looked`
    return fail(says, await thenResume(ground, signal))
  }
  const isJournal = read.kind === 'file' && Buffer.from(read.bytes).toString('latin1') === headOfFile
  if (!isJournal) return fail(`${paths.database} is no journal`, `cp BACKUP/journal.db ${paths.database}`)
  return ok(running === undefined ? paths.database : running.journal.message)
}

/** The agent sets aside what was lost and begins anew when it starts, and only then is there something to resume. */
async function thenResume(ground: Ground, signal: AbortSignal): Promise<string> {
  const start = await startCommand(ground, signal)
  return start.startsWith('systemctl') ? `${start} && sallyport resume` : start
}

const mebibytes = 1024 * 1024
/** More is not read to its end here. */
const verifiedBytes = 64 * mebibytes

async function lookAtLedger({ paths, surroundings }: Ground, running: RunningAgent | undefined): Promise<Verdict> {
  if (running !== undefined && running.ledger.name !== 'ok') return fail(running.ledger.message)
  const directory = ledgerDirectory(paths.state)
  const files = listLedger(directory)
  if (files.length === 0) return skip('there is none yet')
  const seen = await Promise.all(files.map(({ path }) => surroundings.see(path)))
  const byteCount = seen.reduce((sum, one) => sum + (one?.byteCount ?? 0), 0)
  if (byteCount > verifiedBytes) {
    const { head } = findTail(directory)
    return ok(`ends with line ${head.seq}; it is too long to be verified here: sallyport ledger verify`)
  }
  const { key } = await openIdentityFile(paths.state).read()
  const { fault, lineCount, last, signed } = verifyLedger({ directory, publicKey: key.x, heads: [] })
  if (fault === undefined) return ok(`whole: ${lineCount} lines, head ${last?.seq}:${last?.hash}`)
  // One that was begun just now, or by the key of an earlier enrolment.
  if (fault.file === undefined && signed === undefined) return warn(`${fault.why}; the running agent signs one soon`)
  return fail(`${fault.file ?? directory}${fault.line === undefined ? '' : `:${fault.line}`}: ${fault.why}`)
}
