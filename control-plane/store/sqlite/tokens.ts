// API tokens in SQLite, by their hash.

import type { Store, Token } from '../store.ts'
import type { Database } from './database.ts'
import { createMemory } from './memory.ts'

type TokenRow = Omit<Token, 'scopes'> & { readonly scopes: string }

const keptCount = 1000

export function createTokens(database: Database): Store['tokens'] {
  const insert = database.prepare(`
    INSERT INTO tokens VALUES (:name, :hash, :scopes, :createdAt, :expiresAt, :revokedAt) ON CONFLICT (name) DO NOTHING`)
  const byHash = database.prepare<TokenRow>('SELECT * FROM tokens WHERE hash = :hash')
  const list = database.prepare<TokenRow>('SELECT * FROM tokens ORDER BY name')
  const revoke = database.prepare('UPDATE tokens SET revokedAt = coalesce(revokedAt, :at) WHERE name = :name')
  const memory = createMemory<Token>(database, keptCount)
  const read = (hash: string) => {
    const row = byHash.get({ hash })
    return row === undefined ? undefined : toToken(row)
  }
  return {
    add: (token) => database.write(() => insert.run({ ...token, scopes: JSON.stringify(token.scopes) }) > 0),
    byHash: (hash) => database.read(() => memory.recall(hash, () => read(hash))),
    list: () => database.read(() => list.all().map(toToken)),
    revoke: (name, at) =>
      database.write(() => {
        memory.clear()
        return revoke.run({ name, at }) > 0
      }),
  }
}

function toToken({ scopes, ...token }: TokenRow): Token {
  return { ...token, scopes: JSON.parse(scopes) }
}
