import { DatabaseSync } from 'node:sqlite'
import { expect, test } from 'vitest'
import { commitTogether, readConsistently } from '../../../agent/journal/commit.ts'

test('a change that throws is undone alone', () => {
  using handle = createTable()
  const broken = new Error('on purpose')

  const settled = commitTogether(handle, [
    insert(handle, 'a'),
    () => {
      insert(handle, 'b')()
      throw broken
    },
    insert(handle, 'c'),
  ])

  expect(settled).toEqual([{}, { error: broken }, {}])
  expect(textsIn(handle)).toEqual(['a', 'c'])
})

test('where the transaction itself is lost, each change is tried by itself, once', () => {
  using handle = createTable()
  let tries = 0

  const settled = commitTogether(handle, [
    insert(handle, 'a'),
    () => {
      tries += 1
      insert(handle, 'b')()
      handle.exec('ROLLBACK')
      throw new Error('as a full disk does')
    },
    insert(handle, 'c'),
  ])

  expect(settled.map((one) => 'error' in one)).toEqual([false, true, false])
  expect(textsIn(handle)).toEqual(['a', 'c'])
  expect(tries).toBe(2)
})

test('where no transaction can begin, nothing is tried', () => {
  using handle = createTable()
  handle.exec('PRAGMA query_only = 1')
  let tries = 0

  const settled = commitTogether(handle, [() => (tries += 1), () => (tries += 1)])

  expect(settled.map((one) => 'error' in one)).toEqual([true, true])
  expect(tries).toBe(0)
})

test('a read leaves no transaction behind, also when it throws', () => {
  using handle = createTable()

  expect(() =>
    readConsistently(handle, () => {
      throw new Error('on purpose')
    }),
  ).toThrow('on purpose')

  expect(handle.isTransaction).toBe(false)
  expect(readConsistently(handle, () => textsIn(handle))).toEqual([])
})

function createTable(): DatabaseSync {
  const handle = new DatabaseSync(':memory:')
  handle.exec('CREATE TABLE texts (text TEXT)')
  return handle
}

function insert(handle: DatabaseSync, text: string): () => void {
  return () => void handle.prepare('INSERT INTO texts VALUES (?)').run(text)
}

function textsIn(handle: DatabaseSync): unknown[] {
  return handle
    .prepare('SELECT text FROM texts')
    .all()
    .map(({ text }) => text)
}
