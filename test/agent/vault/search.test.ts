import { array, assert, constantFrom, property, string } from 'fast-check'
import { expect, test } from 'vitest'
import { createSearch } from '../../../agent/vault/search.ts'

const needleOf = (text: string) => ({ text })
/** Few characters, so that parts of needles are all over the text. */
const poor = (minLength: number, maxLength: number) =>
  string({ unit: constantFrom('a', 'b', 'é', '😀'), minLength, maxLength })

test('says the same as looking for one needle after the other', () => {
  assert(
    property(array(poor(1, 40), { minLength: 1, maxLength: 12 }), poor(0, 400), (texts, text) => {
      const found = createSearch(texts.map(needleOf))(text)

      expect(found !== undefined).toBe(texts.some((needle) => text.includes(needle)))
      if (found !== undefined) expect(text).toContain(found.text)
    }),
    { numRuns: 2000 },
  )
})

test('finds each of many needles, at the start, in the middle and at the very end', () => {
  assert(
    property(array(poor(16, 60), { minLength: 1, maxLength: 20 }), poor(0, 60), poor(0, 60), (texts, before, after) => {
      const search = createSearch(texts.map(needleOf))

      for (const needle of texts) {
        for (const text of [needle + after, before + needle + after, before + needle])
          expect(search(text)).toBeDefined()
      }
    }),
    { numRuns: 500 },
  )
})

test('without needles nothing is found', () => {
  expect(createSearch([])('anything')).toBeUndefined()
})

test('finds needles that share their beginning, and such as are longer than a jump can be', () => {
  const [one, other] = ['jca_0123456789abcdef', `jca_0123456789${'z'.repeat(400)}`]
  const search = createSearch([needleOf(one), needleOf(other)])

  expect(search(`..${other}..`)?.text).toBe(other)
  expect(search(`..${one}..`)?.text).toBe(one)
  expect(search(`..${other.slice(0, -1)}`)).toBeUndefined()
})
