// A journal that was lost: the mark that says so until a person says `resume`, and the damaged file that is set aside. The
// mark lies beside the journal, so that it outlives whatever happens to that, and another process can take it away.

import { access, open, readFile, rename, rm } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { z } from 'zod'
import { writeDurably } from '../identity/durable-file.ts'
import { systemCode } from '../ports/files.ts'
import { type JournalPaths, journalPaths } from './journal-paths.ts'

/** `isMoved` is false from the decision until the damaged file lies under its new name; `isKept` where there was one to move. */
const lostMark = z.object({
  ...{ at: z.number(), aside: z.string(), why: z.string() },
  ...{ isMoved: z.boolean(), isKept: z.boolean().default(true) },
})
export type LostMark = Readonly<z.infer<typeof lostMark>>

/** Undefined where nothing was lost, or a person has taken note of it. */
export async function readLostMark(paths: JournalPaths): Promise<LostMark | undefined> {
  const text = await readFile(paths.lost, 'utf8').catch((error: unknown) => {
    if (systemCode(error) === 'ENOENT') return undefined
    throw error
  })
  if (text === undefined) return undefined
  // A mark that says nothing more still says that a journal was lost.
  return (
    lostMark.safeParse(parseJson(text)).data ?? {
      at: 0,
      aside: paths.directory,
      why: 'unknown',
      isMoved: true,
      isKept: false,
    }
  )
}

/**
 * Gives the damaged file and its neighbours a new name. The mark is durable before anything moves, and says when all did:
 * cut off at any point, `finishSettingAside` goes on from there.
 */
export async function setAside(paths: JournalPaths, why: string, now: number): Promise<LostMark> {
  const mark = { at: now, aside: await freeName(paths, now), why, isMoved: false, isKept: false }
  await writeDurably(paths.lost, JSON.stringify(mark))
  return finishSettingAside(paths, mark)
}

export async function finishSettingAside(paths: JournalPaths, mark: LostMark): Promise<LostMark> {
  if (mark.isMoved) return mark
  const aside = join(paths.directory, basename(mark.aside))
  // The database last: where it has its new name already, what lies at the old one is another.
  if (!(await isThere(aside))) {
    for (const suffix of ['-wal', '-shm', '']) await renameIfThere(`${paths.database}${suffix}`, `${aside}${suffix}`)
    await syncDirectory(paths.directory)
  }
  const moved = { ...mark, isMoved: true, isKept: await isThere(aside) }
  await writeDurably(paths.lost, JSON.stringify(moved))
  return moved
}

/**
 * Takes note that a journal was lost, so that writes may go on. Returns what had been lost, if anything. Throws
 * `journal_unavailable` before the agent has set it aside and begun it anew: without the mark that would be another loss.
 */
export async function resumeJournal(stateDirectory: string): Promise<LostMark | undefined> {
  const paths = journalPaths(stateDirectory)
  const mark = await readLostMark(paths)
  if (mark === undefined) return undefined
  if (!mark.isMoved || !(await isThere(paths.database))) {
    throw new SallyportError(
      'journal_unavailable',
      `resume in ${paths.directory}: the journal that was lost is not set aside and begun anew yet. The agent does it when it runs; say it again then.`,
    )
  }
  await rm(paths.lost, { force: true })
  await syncDirectory(paths.directory)
  return mark
}

async function freeName({ directory }: JournalPaths, now: number): Promise<string> {
  const time = new Date(now).toISOString().replaceAll(':', '-')
  for (let count = 1; ; count += 1) {
    const path = join(directory, `journal.corrupt-${time}${count === 1 ? '' : `-${count}`}.db`)
    if (!(await isThere(path))) return path
  }
}

async function renameIfThere(from: string, to: string): Promise<void> {
  if (await isThere(from)) await rename(from, to)
}

async function syncDirectory(path: string): Promise<void> {
  await using directory = await open(path, 'r')
  await directory.sync()
}

function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
