// identity.json: who this replica is, its key, the keys of its plane, and the counters of its sessions and of its
// journal. Not the JumpCloud credential, which is the vault's.

import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { bytes32, type KeyStatement, keyStatement, plainName, SallyportError } from '@sallyport/protocol'
import { z } from 'zod'
import { systemCode, systemFiles } from '../ports/files.ts'
import { writeDurably } from './durable-file.ts'
import { replicaKey } from './replica-key.ts'

export const identity = z.object({
  version: z.literal(1),
  plane: z.object({
    id: z.string(),
    keys: keyStatement,
    url: z.string().optional().describe('where it was enrolled; where it connects, the configuration says'),
  }),
  agent: plainName,
  replica: z.string(),
  key: replicaKey,
  counter: z.int().min(0).describe('of the newest session; another copy of this file would use one twice'),
  reserved: z
    .int()
    .min(0)
    .optional()
    .describe(
      'sessions up to this one may have been counted while the disk took nothing; the next process goes on after it',
    ),
  journalUseCount: z.int().min(0).optional().describe('a journal that has counted less is an older copy of it'),
})
export type Identity = z.infer<typeof identity>

/** An enrolment that was begun: tried again with the same key and nonce, a lost answer costs no code. */
export const enrolmentDraft = z.object({ code: z.string(), nonce: bytes32, key: replicaKey })
export type EnrolmentDraft = z.infer<typeof enrolmentDraft>

export type IdentityFile = {
  readonly path: string
  /** Throws `identity_missing` on a host that is not enrolled, `identity_invalid` where the file cannot be used. */
  read(): Promise<Identity>
  write(identity: Identity): Promise<void>
  /** Throws as `read` does, and `identity_invalid` where nothing can be written: no session could be counted then. */
  prove(): Promise<void>
  /** Counts one session, durably, before it begins: where the disk takes nothing, by a number that was reserved while it did. */
  nextCounter(): Promise<Identity>
  /** As often as the journal is known to have been taken into use or put down; 0 before there was one. Throws as `read` does. */
  journalUseCount(): Promise<number>
  /** Durably. */
  keepJournalUseCount(count: number): Promise<void>
  /** Pins the statement, durably, unless a newer one is pinned already. */
  pinKeys(keys: KeyStatement): Promise<void>
  readDraft(): Promise<EnrolmentDraft | undefined>
  writeDraft(draft: EnrolmentDraft): Promise<void>
  dropDraft(): Promise<void>
  remove(): Promise<void>
}

export function openIdentityFile(stateDirectory: string): IdentityFile {
  const path = join(stateDirectory, 'identity.json')
  const draftPath = join(stateDirectory, 'enrolment.json')
  const read = async () => {
    const text = await readText(path)
    if (text !== undefined) return parse(text, path)
    throw new SallyportError(
      'identity_missing',
      `read ${path}: this host is not enrolled. Ask for a code at the control plane and run "sallyport enrol --plane URL --code CODE".`,
    )
  }
  const write = (next: Identity) => save(path, `${JSON.stringify(next, null, 2)}\n`)
  let last: Promise<unknown> = Promise.resolve()
  /** One change after the other: a counter that a slow neighbour wrote back would look like a cloned host. */
  const change = (next: (current: Identity) => Identity): Promise<Identity> => {
    const changed = last.then(async () => {
      const changing = next(await read())
      await write(changing)
      return changing
    })
    last = changed.catch(() => {})
    return changed
  }

  const counting = createCounting(read, change)

  return {
    path,
    read,
    write,
    prove: async () => void (await change((current) => current)),
    nextCounter: () => counting.next(),
    journalUseCount: async () => (await read()).journalUseCount ?? 0,
    keepJournalUseCount: async (count) => void (await change((current) => ({ ...current, journalUseCount: count }))),
    pinKeys: async (keys) => {
      await change((current) =>
        keys.version > current.plane.keys.version ? { ...current, plane: { ...current.plane, keys } } : current,
      )
    },
    readDraft: async () => {
      const text = await readText(draftPath)
      return text === undefined ? undefined : enrolmentDraft.safeParse(parseJson(text)).data
    },
    writeDraft: (draft) => save(draftPath, JSON.stringify(draft)),
    dropDraft: () => rm(draftPath, { force: true }),
    remove: () => rm(path, { force: true }),
  }
}

type Change = (next: (current: Identity) => Identity) => Promise<Identity>

/** As many sessions as may begin while the disk is full: hours of a session that is cut again and again. */
const reservedCount = 100

function createCounting(read: () => Promise<Identity>, change: Change): { next(): Promise<Identity> } {
  /** The newest of this process, and whose it is: the host may be enrolled anew meanwhile. */
  let used: Pick<Identity, 'replica' | 'counter'> | undefined
  const after = ({ replica, counter, reserved }: Identity) =>
    (used?.replica === replica ? used.counter : Math.max(counter, reserved ?? 0)) + 1
  const next = async () => {
    try {
      return await change((current) => ({
        ...current,
        counter: after(current),
        reserved: after(current) + reservedCount,
      }))
    } catch (error) {
      const current = await read()
      const counter = after(current)
      if (used?.replica !== current.replica || counter > (current.reserved ?? 0)) throw error
      return { ...current, counter }
    }
  }
  let last: Promise<unknown> = Promise.resolve()
  return {
    next: () => {
      const counted = last.then(async () => {
        const identity = await next()
        used = identity
        return identity
      })
      last = counted.catch(() => {})
      return counted
    },
  }
}

/** Far more than an identity is. */
const limitBytes = 1024 * 1024

async function readText(path: string): Promise<string | undefined> {
  const read = await systemFiles.read(path, limitBytes).catch((cause: unknown) => {
    if (systemCode(cause) === 'ENOENT') return undefined
    const why = cause instanceof Error ? cause.message : 'failed'
    const mend =
      systemCode(cause) === 'EACCES'
        ? '. It has to belong to the user that the agent runs as; other commands run as that user, or as root'
        : ''
    throw new SallyportError('identity_invalid', `read ${path}: ${why}${mend}`, { cause })
  })
  if (read === undefined) return undefined
  if (read.kind === 'file' && read.whole) return new TextDecoder().decode(read.bytes)
  throw new SallyportError('identity_invalid', `read ${path}: that is no file, or a far too large one; move it away`)
}

async function save(path: string, text: string): Promise<void> {
  try {
    await writeDurably(path, text)
  } catch (error) {
    const why = error instanceof Error ? error.message : 'failed'
    throw new SallyportError(
      'identity_invalid',
      `write ${path}: ${why}. The state directory must be there, belong to the user that the agent runs as, and have room.`,
      { cause: error },
    )
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function parse(text: string, path: string): Identity {
  const parsed = identity.safeParse(parseJson(text))
  if (parsed.success) return parsed.data
  const where = parsed.error.issues[0]?.path.join('.') || 'the file'
  throw new SallyportError(
    'identity_invalid',
    `read ${path}: ${where} does not fit. Restore the file, or move it away and enrol again with a new code.`,
  )
}
