import { describe, expect, test } from 'vitest'
import { sourceFile } from './source-files.ts'

const read = (text: string) => sourceFile('agent/runs/example.ts', text)
const found = (text: string, kind: string) =>
  read(text)
    .findings.filter((finding) => finding.kind === kind)
    .map(({ line, what }) => `${line} ${what}`)

describe('imports', () => {
  test('are seen in every form', () => {
    const { imports } = read(
      `import a, { b as c } from '../jobs/a.ts'\nimport type { T } from 'zod/v4'\nexport { d } from '@hono/zod-openapi/x'\nconst e = await import('node:sqlite')\n`,
    )

    expect(imports.map(({ from, names, line }) => [from, names.join(), line])).toEqual([
      ['agent/jobs/a.ts', 'Default,b', 1],
      ['zod', 'T', 2],
      ['@hono/zod-openapi', 'd', 3],
      ['node:sqlite', '*', 4],
    ])
  })
})

describe('globals', () => {
  test('are seen where they are read, called, built or taken apart', () => {
    const text = `Date.now()\nnew Date()\nsetTimeout(() => {}, 1)\nconst { env } = process\nconsole.log(1)\n`

    expect(found(text, 'global')).toEqual(
      expect.arrayContaining(['1 Date.now', '2 new Date', '3 setTimeout', '4 process', '5 console.log']),
    )
  })

  test('are not names that the file declares, nor dates of an instant', () => {
    const text = `const list = (fetch: () => void) => fetch()\nnew Date(0)\n`

    expect(found(text, 'global')).toEqual([])
  })
})

test('constructs are seen', () => {
  const text = `let a = 1\nconst b = a as unknown as any\nconst c = [1] as const\nclass D extends Map {}\nc[0]!.toFixed()\n`

  expect(found(text, 'moduleLet')).toEqual(['1 let'])
  expect(found(text, 'cast')).toEqual(['2 as', '2 as'])
  expect(found(text, 'any')).toEqual(['2 any'])
  expect(found(text, 'inheritance')).toEqual(['4 Map'])
  expect(found(text, 'nonNull')).toEqual(['5 !'])
})

test('functions are measured without those inside them, and by their levels', () => {
  const text = `function outer() {\n  const inner = () => {\n    if (a) {\n      for (;;) b()\n    } else if (c) {\n      d()\n    }\n  }\n  return inner\n}\n`

  const { functions } = read(text)

  expect(functions).toEqual([
    { line: 2, lineCount: 7, ownLineCount: 7, depth: 2 },
    { line: 1, lineCount: 10, ownLineCount: 3, depth: 0 },
  ])
})

test('a default export is seen, and lines are counted without the last break', () => {
  expect(read('export default 1\n')).toMatchObject({ hasDefaultExport: true, lineCount: 1 })
})
