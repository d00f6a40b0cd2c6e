// Names, shapes, tests and texts: the rules of the house that house.test.ts does not hold. CONTRIBUTING.md says them for people.

import { existsSync, globSync, readFileSync } from 'node:fs'
import { basename, extname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { at, findingsIn, importsIn, root, sourceFiles } from './support/source/source-files.ts'

const files = sourceFiles()
const product = files.filter(({ path }) => /^(protocol|agent|control-plane|keytar)\//.test(path))
const written = files.filter(({ path }) => !path.startsWith('test/'))
const tests = files.filter(({ path }) => path.endsWith('.test.ts'))

describe('names', () => {
  const banned = /^(utils?|helpers?|common|lib|misc|types|constants|managers?|base)$/

  test('are kebab-case and say something', () => {
    const wrong = files.filter(({ path }) => {
      const parts = path.replace(/(\.test)?\.(ts|js|mjs)$/, '').split('/')
      return parts.some((part) => banned.test(part) || !/^[a-z0-9]+(-[a-z0-9]+)*(\.test)?$/.test(part))
    })

    expect(wrong.map(({ path }) => path)).toEqual([])
  })
})

describe('shape', () => {
  test('a file has at most 250 lines', () => {
    const long = files.filter(({ lineCount }) => lineCount > 250)

    expect(long.map(({ path, lineCount }) => `${path} ${lineCount}`)).toEqual([])
  })

  test('a function has at most 40 lines of its own, and 3 levels', () => {
    const functions = files
      .filter(({ path }) => !path.endsWith('.test.ts'))
      .flatMap(({ path, functions }) => functions.map((one) => ({ ...one, path })))
    const wrong = functions.filter(({ ownLineCount, depth }) => ownLineCount > 40 || depth > 3)

    expect(wrong.map((one) => at(one, `${one.ownLineCount} lines, ${one.depth} levels`))).toEqual([])
  })

  test('a file begins by saying what it owns, in at most five lines', () => {
    // A contract and its handler say it by their names; so does the list of exports.
    const headed = written.filter(({ path, hasDefaultExport }) => !hasDefaultExport && !path.endsWith('/index.ts'))
    const wrong = headed.filter(({ text }) => {
      const head = /^(?:\/\/.*\n)+/.exec(text.replace(/^#!.*\n/, ''))?.[0]
      return head === undefined || head.trimEnd().split('\n').length > 5
    })

    expect(wrong.map(({ path }) => path)).toEqual([])
  })

  test('there is no any, no "!" and no variable at the level of a module', () => {
    const wrong = (['any', 'nonNull', 'moduleLet'] as const).flatMap((kind) => findingsIn(files, kind))

    expect(wrong.map((one) => at(one, one.what))).toEqual([])
  })

  test('nothing is inherited from but errors', () => {
    const wrong = findingsIn(written, 'inheritance').filter(({ what }) => !what.endsWith('Error'))

    expect(wrong.map((one) => at(one, one.what))).toEqual([])
  })

  test('a cast carries its reason', () => {
    const wrong = product.flatMap(({ path, comments, findings }) => {
      const casts = findings.filter(({ kind }) => kind === 'cast')
      return casts
        .filter(({ line }) => !comments.some(({ endLine }) => line - 4 <= endLine && endLine <= line + 1))
        .map((one) => at({ ...one, path }, 'as'))
    })

    expect(wrong).toEqual([])
  })

  test('no comment silences the compiler or the linter, or puts work off', () => {
    const silencing = /@ts-(ignore|expect-error|nocheck)|biome-ignore|\b(TODO|FIXME|XXX|HACK)\b/
    const wrong = files.flatMap(({ path, comments }) => {
      return comments.filter(({ text }) => silencing.test(text)).map((one) => at({ ...one, path }, one.text.trim()))
    })

    expect(wrong).toEqual([])
  })
})

describe('tests', () => {
  const elsewhere =
    /^test\/(stories|host|install|hostile|fuzz|chaos|support)\/|^test\/(house(-shape)?|documents|security-document|protocol\/document)\.test\.ts$/

  test('mirror what they test: a file, or a folder', () => {
    const orphans = tests.filter(({ path }) => {
      const mirrored = path.replace(/^test\//, '').replace(/\.test\.ts$/, '')
      const sources = [mirrored, `${mirrored}.ts`, `${mirrored}.mjs`, `${mirrored}.js`]
      return !elsewhere.test(path) && !sources.some((source) => existsSync(join(root, source)))
    })

    expect(orphans.map(({ path }) => path)).toEqual([])
  })

  test('are all run, replace no global and do not sleep', () => {
    const forbidden =
      /^(test|describe|it)\.(skip|only|todo|skipIf|runIf)$|^vi\.(mock|stubGlobal|stubEnv|useFakeTimers|setSystemTime)$|^(setTimeout|setInterval|sleep|delay)$/
    const wrong = findingsIn(tests, 'global').filter(({ what }) => forbidden.test(what))
    const timers = importsIn(tests).filter(({ from }) => from.startsWith('node:timers'))

    expect([...wrong.map((one) => at(one, one.what)), ...timers.map((one) => at(one, one.from))]).toEqual([])
  })

  test('have titles that state', () => {
    const wishes = tests.flatMap(({ path, text }) => {
      const lines = text.split('\n').map((line, index) => ({ line, number: index + 1 }))
      return lines
        .filter(({ line }) => /^\s*(test|describe|it)\b.*['"`].*\bshould\b/.test(line))
        .map(({ number }) => at({ path, line: number }, 'should'))
    })

    expect(wishes).toEqual([])
  })
})

describe('texts', () => {
  const extensions = ['.ts', '.mjs', '.js', '.json', '.md', '.yaml', '.yml', '.sql', '.service', '.sh', '']
  const texts = globSync('**/*', {
    cwd: root,
    exclude: ['**/node_modules', 'coverage', 'dist', 'test/house-shape.test.ts'],
  })
    .concat(globSync('{.ci/*,.npmrc,.gitignore}', { cwd: root }))
    .filter((path) => extensions.includes(extname(basename(path))))
    .flatMap((path) => readText(path))

  test('name no machine that this was built on', () => {
    const machine = /(^|[\s'"`(=:])\/(work|root)\/|\/tmp\/(brief|bash_jobs)/m

    expect(texts.filter(({ text }) => machine.test(text)).map(({ path }) => path)).toEqual([])
  })

  test('of locked dependencies name no host', () => {
    const locks = texts.filter(({ path }) => basename(path) === 'package-lock.json')

    expect(locks.length).toBeGreaterThan(0)
    expect(
      locks.filter(({ text }) => /"resolved": "(?!protocol|agent|control-plane)/.test(text)).map(({ path }) => path),
    ).toEqual([])
    expect(readFileSync(join(root, '.npmrc'), 'utf8')).not.toMatch(/registry\s*=\s*\S*:/)
  })
})

function readText(path: string): readonly { readonly path: string; readonly text: string }[] {
  try {
    return [{ path, text: readFileSync(join(root, path), 'utf8') }]
  } catch {
    return [] // a folder
  }
}
