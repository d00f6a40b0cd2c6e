import { expect, test } from 'vitest'
import { JournalCorruptError } from '../../../agent/journal/journal-error.ts'
import { closeKeyCheck, createSeal, isSameKey, type Place } from '../../../agent/journal/seal.ts'
import { systemRandom } from '../../../agent/ports/random.ts'

const seal = createSeal(Buffer.alloc(32, 1), systemRandom)
const otherSeal = createSeal(Buffer.alloc(32, 2), systemRandom)
const place: Place = { run: 'one', kind: 'rows', seq: 3 }

test('opens what it closed, any text, and shows nothing of it', () => {
  for (const text of ['', '[{"name":"Zoë 🙂"}]', 'x'.repeat(300_000)]) {
    const blob = seal.close(place, text)

    expect(seal.open(place, blob)).toBe(text)
    expect(Buffer.from(blob).includes('name')).toBe(false)
  }
})

test('closes the same text differently each time', () => {
  expect(seal.close(place, 'text')).not.toEqual(seal.close(place, 'text'))
})

test('opens nothing at another place, with another key, or with a byte changed or missing', () => {
  const blob = seal.close(place, 'text')
  const elsewhere: readonly Place[] = [
    { ...place, run: 'two' },
    { ...place, kind: 'order' },
    { ...place, seq: 4 },
    { run: 'one', kind: 'rows' },
  ]

  for (const other of elsewhere) expect(() => seal.open(other, blob)).toThrow(JournalCorruptError)
  expect(() => otherSeal.open(place, blob)).toThrow(JournalCorruptError)
  for (const index of blob.keys()) {
    const changed = Uint8Array.from(blob, (byte, at) => (at === index ? byte ^ 1 : byte))
    expect(() => seal.open(place, changed)).toThrow(JournalCorruptError)
    expect(() => seal.open(place, blob.subarray(0, index))).toThrow(JournalCorruptError)
  }
})

test('marks the same target of the same run alike, and tells it to nobody without the key', () => {
  expect(seal.mark('one', 'user')).toEqual(seal.mark('one', 'user'))
  expect(seal.mark('two', 'user')).not.toEqual(seal.mark('one', 'user'))
  expect(seal.mark('on', 'euser')).not.toEqual(seal.mark('one', 'user'))
  expect(otherSeal.mark('one', 'user')).not.toEqual(seal.mark('one', 'user'))
})

test('tells a wrong key from a key check that is damaged', () => {
  const check = closeKeyCheck(seal)

  expect(isSameKey(seal, check)).toBe(true)
  expect(isSameKey(otherSeal, check)).toBe(false)
  expect(() => isSameKey(seal, check.subarray(0, 40))).toThrow(JournalCorruptError)
})
