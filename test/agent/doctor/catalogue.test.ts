import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { checkIds } from '../../../agent/doctor/catalogue.ts'

/** They warn, and no more: an agent works with what they are about. */
const warnAlone = ['process.root', 'versions', 'key.age', 'unit.hardening', 'unit.watchdog', 'plane.run']

const id = "'([a-z]+(?:\\.[a-z]+)?)(?::[\\w.]+)?'"
/** What is broken, and the id that follows; or the id that is all that failed. */
const cases = new RegExp(`^ {4,6}\\[?'.*',\\s+${id},|\\.failed\\)\\.toEqual\\(\\[${id}\\]\\)`, 'gm')

/** The ids that the tests beside this one expect to be named first, each in an environment that is broken for it. */
function namedFirst(): ReadonlySet<string> {
  const names = readdirSync(import.meta.dirname).filter((name) => /(-checks|diagnose)\.test\.ts$/.test(name))
  const texts = names.map((name) => readFileSync(join(import.meta.dirname, name), 'utf8'))
  return new Set(texts.flatMap((text) => [...text.matchAll(cases)].map(([, first, only]) => first ?? only ?? '')))
}

test('each check that can fail is the first to be named in a broken environment of a test', () => {
  const tried = namedFirst()

  const expected = checkIds.filter((one) => !warnAlone.includes(one))
  expect(expected.filter((one) => !tried.has(one))).toEqual([])
  expect(expected.length).toBeGreaterThanOrEqual(25)
})
