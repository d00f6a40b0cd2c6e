// An identity that is kept in memory: thousands of sessions would else wait for the disk thousands of times.

import { SallyportError } from '@sallyport/protocol'
import type { Identity, IdentityFile } from '../../agent/identity/identity.ts'

export function keepIdentityInMemory(): IdentityFile {
  let identity: Identity | undefined
  const read = async () => {
    if (identity !== undefined) return identity
    throw new SallyportError('identity_missing', 'read the identity in memory: there is none')
  }
  const write = async (next: Identity) => {
    identity = next
  }
  const nextCounter = async () => {
    const current = await read()
    const next = { ...current, counter: current.counter + 1 }
    await write(next)
    return next
  }
  const pinKeys: IdentityFile['pinKeys'] = async (keys) => {
    const current = await read()
    await write({ ...current, plane: { ...current.plane, keys } })
  }
  const journalUseCount = async () => (await read()).journalUseCount ?? 0
  const keepJournalUseCount = async (count: number) => write({ ...(await read()), journalUseCount: count })
  const prove = async () => void (await read())
  const nothing = async () => undefined
  return {
    ...{ path: 'memory', read, write, prove, nextCounter, pinKeys, journalUseCount, keepJournalUseCount },
    ...{ readDraft: nothing, writeDraft: nothing, dropDraft: nothing, remove: nothing },
  }
}
