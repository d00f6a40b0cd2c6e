// Enrolment codes in SQLite. A secret is wiped as soon as its code cannot be used any more.

import type { Code, Store } from '../store.ts'
import type { Database } from './database.ts'

type CodeRow = Omit<Code, 'used'> & { readonly usedRequest: string | null; readonly usedAnswer: string | null }

export function createCodes(database: Database): Store['codes'] {
  const addAgent = database.prepare(
    'INSERT INTO agents (name, createdAt) VALUES (:name, :createdAt) ON CONFLICT DO NOTHING',
  )
  const wipe = database.prepare("UPDATE codes SET secret = '' WHERE expiresAt <= :now AND secret <> ''")
  const insert = database.prepare(`
    INSERT INTO codes (id, agent, secret, createdAt, expiresAt) VALUES (:id, :agent, :secret, :createdAt, :expiresAt)`)
  const get = database.prepare<CodeRow>('SELECT * FROM codes WHERE id = :id')
  const list = database.prepare<CodeRow>('SELECT * FROM codes WHERE agent = :agent ORDER BY createdAt, id')
  const revoke = database.prepare("UPDATE codes SET secret = '', revokedAt = coalesce(revokedAt, :at) WHERE id = :id")
  const use = database.prepare(`
    UPDATE codes SET secret = '', usedAt = :at, usedRequest = :request, usedAnswer = :answer
    WHERE id = :id AND usedAt IS NULL AND revokedAt IS NULL`)
  const addReplica = database.prepare(`
    INSERT INTO replicas VALUES
      (:id, :agent, :publicKey, :version, :createdAt, :revokedAt, :counter, :instance, :lastSeenAt,
       :journal, :ledgerSeq, :ledgerHash, :ledgerAlarmAt)`)

  const add = ({ id, agent, secret, createdAt, expiresAt }: Code) => {
    wipe.run({ now: createdAt })
    addAgent.run({ name: agent, createdAt })
    insert.run({ id, agent, secret, createdAt, expiresAt })
  }

  return {
    add: (code) => database.write(() => add(code)),
    get: (id) => database.read(() => toCode(get.get({ id }))),
    list: (agent) => database.read(() => list.all({ agent }).flatMap((row) => toCode(row) ?? [])),
    revoke: (id, at) => database.write(() => revoke.run({ id, at }) > 0),
    use: ({ replica, ...used }) =>
      database.write(() => {
        if (use.run(used) === 0) return false
        addReplica.run(replica)
        return true
      }),
  }
}

function toCode(row: CodeRow | undefined): Code | undefined {
  if (row === undefined) return undefined
  const { usedRequest: request, usedAnswer: answer, ...code } = row
  return { ...code, used: request === null || answer === null ? null : { request, answer } }
}
