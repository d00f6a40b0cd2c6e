// SECURITY.md claims what tests show and names commands that there are.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { unknownIn } from './support/program-help.ts'
import { root } from './support/source/source-files.ts'

const read = (path: string) => readFileSync(join(root, path), 'utf8')
const [body = '', notes = ''] = read('SECURITY.md').split(/^## The tests$/m)

describe('claims', () => {
  const defined = [...notes.matchAll(/^\[\^([\w-]+)\]: `([^`]+)`: “(.+)”$/gm)].map(([, name, file, title]) => ({
    ...{ name: String(name), file: String(file), title: String(title) },
  }))

  test('each note is that of a claim, and each claim has its note', () => {
    const used = new Set([...body.matchAll(/\[\^([\w-]+)\]/g)].map(([, name]) => name))

    expect(notes.trim().split('\n')).toHaveLength(defined.length)
    expect(defined.map(({ name }) => name).sort()).toEqual([...used].sort())
  })

  test.each(defined)('[^$name] names a test that there is', ({ file, title }) => {
    expect(existsSync(join(root, file)), file).toBe(true)
    expect(hasTest(read(file), title)).toBe(true)
    expect(hasTest(read(file), 'a title that nobody wrote')).toBe(false)
  })

  test('every party and every question has one', () => {
    const parties = body.split(/^### … /m).slice(1)
    const questions = body.split(/^\*\*(?=[^*]+\?\*\*)/m).slice(1)
    const isAnswered = (part: string) => part.includes('[^') || part.includes('See above')

    expect([parties.length, questions.length]).toEqual([7, 14])
    expect([...parties, ...questions].filter((part) => !isAnswered(part))).toEqual([])
  })
})

/** Where a title is that of a table of cases, what the case fills in has to stand in the file as well. */
function hasTest(text: string, title: string): boolean {
  const calls = /^\s*(?:(?:test|attacks?)(?:\.each\(.*?\))?\(|\]\)\()\s*(['"`])(.*?)\1,/gm
  return [...text.matchAll(calls)].some(([, , known = '']) => {
    const parts = known.split(/%[sjo#]|\$\w+/).map((part) => RegExp.escape(part))
    const filled = new RegExp(`^${parts.join('(.+)')}$`).exec(title)?.slice(1)
    return filled?.every((part) => text.includes(part)) ?? false
  })
}

describe('commands', () => {
  const spans = [...body.matchAll(/`((?:sallyport|sallyport-control|npm run) [^`]+)`/g)].map(([, span = '']) => span)
  const scripts = z
    .object({ scripts: z.record(z.string(), z.string()) })
    .parse(JSON.parse(read('package.json'))).scripts

  test('are found in the document', () => {
    expect(spans.length).toBeGreaterThan(15)
  })

  test.each([...new Set(spans)])('%s is there, with its flags', async (span) => {
    const [program = '', ...words] = span.split(/\s+/)
    if (program === 'npm') return expect(Object.keys(scripts)).toContain(words[1])

    expect(await unknownIn(program, words)).toEqual([])
  })
})
