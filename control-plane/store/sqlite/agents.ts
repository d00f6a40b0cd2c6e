// Agents and their replicas in SQLite.

import type { Agent, Replica, Store } from '../store.ts'
import type { Database } from './database.ts'
import type { KnownRuns } from './known-runs.ts'
import { createMemory } from './memory.ts'

const keptCount = 1000

export function createAgents(database: Database, runs: Pick<KnownRuns, 'forgetAll'>): Store['agents'] {
  const memory = createMemory<Agent>(database, keptCount)
  const list = database.prepare<Agent>('SELECT * FROM agents ORDER BY name')
  const get = database.prepare<Agent>('SELECT * FROM agents WHERE name = :name')
  const disable = database.prepare('UPDATE agents SET disabledAt = coalesce(disabledAt, :at) WHERE name = :name')
  const giveLead = database.prepare(
    'UPDATE agents SET lead = :replica, epoch = epoch + 1 WHERE name = :name AND epoch = :epoch',
  )
  const remove = database.prepare('DELETE FROM agents WHERE name = :name')
  const change = (name: string, work: () => number) =>
    database.write(() => {
      memory.forget(name)
      return work() > 0
    })
  return {
    list: () => database.read(() => list.all()),
    get: (name) => database.read(() => memory.recall(name, () => get.get({ name }))),
    giveLead: (name, lead) => change(name, () => giveLead.run({ name, ...lead })),
    disable: (name, at) => change(name, () => disable.run({ name, at })),
    remove: (name) =>
      change(name, () => {
        runs.forgetAll()
        return remove.run({ name })
      }),
  }
}

export function createReplicas(database: Database): Store['replicas'] {
  const list = database.prepare<Replica>('SELECT * FROM replicas WHERE agent = :agent ORDER BY createdAt, id')
  const get = database.prepare<Replica>('SELECT * FROM replicas WHERE id = :id')
  const revoke = database.prepare('UPDATE replicas SET revokedAt = coalesce(revokedAt, :at) WHERE id = :id')
  const opened = database.prepare(`
    UPDATE replicas SET counter = :counter, instance = :instance, version = :version, lastSeenAt = :at,
      journal = :journal, ledgerSeq = coalesce(:ledgerSeq, ledgerSeq), ledgerHash = coalesce(:ledgerHash, ledgerHash),
      ledgerAlarmAt = coalesce(:ledgerAlarmAt, ledgerAlarmAt)
    WHERE id = :id AND revokedAt IS NULL AND counter < :counter`)
  const toldLedger = database.prepare(`
    UPDATE replicas SET ledgerSeq = :ledgerSeq, ledgerHash = :ledgerHash, ledgerAlarmAt = coalesce(:ledgerAlarmAt, ledgerAlarmAt)
    WHERE id = :id`)
  const told = database.prepare('UPDATE replicas SET journal = :journal WHERE id = :id')
  return {
    list: (agent) => database.read(() => list.all({ agent })),
    get: (id) => database.read(() => get.get({ id })),
    revoke: (id, at) => database.write(() => revoke.run({ id, at }) > 0),
    opened: ({ ledger, ledgerAlarmAt = null, ...session }) => {
      const head = { ledgerSeq: ledger?.seq ?? null, ledgerHash: ledger?.hash ?? null, ledgerAlarmAt }
      return database.write(() => opened.run({ ...session, ...head }) > 0)
    },
    toldLedger: (id, { ledger, ledgerAlarmAt = null }) => {
      const head = { ledgerSeq: ledger?.seq ?? null, ledgerHash: ledger?.hash ?? null, ledgerAlarmAt }
      return database.write(() => toldLedger.run({ id, ...head }) > 0)
    },
    told: (id, journal) => database.write(() => told.run({ id, journal }) > 0),
  }
}
