import { SallyportError } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import { JournalCorruptError, journalError, passingTroubleOf, troubleOf } from '../../../agent/journal/journal-error.ts'

const sqliteError = (errcode: number) => Object.assign(new Error('of SQLite'), { code: 'ERR_SQLITE_ERROR', errcode })
const systemError = (code: string) => Object.assign(new Error(`${code}: no`), { code, syscall: 'open' })

test('errors of SQLite are known by their number, the extended ones by what they extend', () => {
  const numbers = [5, 8, 8 | (3 << 8), 10, 10 | (12 << 8), 10 | (19 << 8), 11, 13, 14, 26, 19, 1]

  expect(numbers.map((number) => troubleOf(sqliteError(number)))).toEqual([
    'failing',
    'read_only',
    'read_only',
    'failing',
    'failing',
    'full',
    'corrupt',
    'full',
    'failing',
    'corrupt',
    undefined,
    undefined,
  ])
})

test('errors of the system are known by their code', () => {
  const codes = ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EPERM', 'EIO', 'ENOENT']

  expect(codes.map((code) => troubleOf(systemError(code)))).toEqual([
    'full',
    'full',
    'read_only',
    'read_only',
    'read_only',
    'failing',
    'failing',
  ])
})

test('what is not the doing of the file stays what it is', () => {
  const conflict = new SallyportError('run_conflict', 'no')

  expect(journalError(conflict, 'journal.db')).toBe(conflict)
  expect(troubleOf('a text')).toBeUndefined()
})

test('what is becomes an error that says what to do, and keeps its cause', () => {
  const cause = new JournalCorruptError('quick_check: no')

  const error = journalError(cause, 'journal.db')

  expect(error).toMatchObject({ code: 'journal_unavailable', cause })
  expect(String(error)).toContain('use the journal journal.db: the file is damaged (quick_check: no)')
})

test('whatever keeps a journal from being begun anew is tried again', () => {
  const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC', syscall: 'write' })

  const troubles = [full, new JournalCorruptError('again'), new Error('a defect')].map(passingTroubleOf)

  expect(troubles).toEqual(['full', 'failing', 'failing'])
})
