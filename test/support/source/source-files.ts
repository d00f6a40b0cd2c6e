// Reads and parses every source of the repository, and says of each what it imports, exports, touches and declares.
// It knows no rule; test/house.test.ts does.

import { globSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'
import { type ParseResult, parseSync } from 'vite'
import { type FunctionShape, functionShapes } from './function-shapes.ts'
import { type LineOf, lineFinder } from './line-finder.ts'
import { type Finding, syntaxOf } from './syntax.ts'

export const root = join(import.meta.dirname, '../../..')

export type Import = {
  /** A path from the root for a relative import, else the package or `node:` module, without what follows its name. */
  readonly from: string
  readonly isRelative: boolean
  readonly names: readonly string[]
  readonly line: number
}

export type Comment = { readonly text: string; readonly line: number; readonly endLine: number }

export type SourceFile = {
  readonly path: string
  readonly text: string
  readonly lineCount: number
  readonly imports: readonly Import[]
  readonly comments: readonly Comment[]
  readonly hasDefaultExport: boolean
  readonly findings: readonly Finding[]
  readonly functions: readonly FunctionShape[]
}

const folders = ['protocol', 'agent', 'control-plane', 'scripts', 'test', 'keytar']

/** All sources but the generated ones, by path. */
export function sourceFiles(): readonly SourceFile[] {
  return folders
    .flatMap((folder) => globSync(`${folder}/**/*.{ts,js,mjs}`, { cwd: root, exclude: ['**/node_modules/**'] }))
    .filter((path) => !path.endsWith('.generated.ts'))
    .sort()
    .map((path) => sourceFile(path, readFileSync(join(root, path), 'utf8')))
}

/** Throws where the text does not parse. */
export function sourceFile(path: string, text: string): SourceFile {
  const { program, module, comments, errors } = parseSync(path, text)
  if (errors[0]) throw new Error(`${path}: ${errors[0].message}`)
  const lineOf = lineFinder(text)
  return {
    path,
    text,
    lineCount: lineOf(text.trimEnd().length),
    imports: importsOf(path, text, module, lineOf),
    comments: comments.map(({ value, start, end }) => ({ text: value, line: lineOf(start), endLine: lineOf(end) })),
    hasDefaultExport: module.staticExports.some(({ entries }) =>
      entries.some(({ exportName }) => exportName.kind === 'Default'),
    ),
    findings: syntaxOf(program, lineOf),
    functions: functionShapes(program, lineOf),
  }
}

/** `path:line what`, as editors and terminals understand it. */
export const at = ({ path, line }: { readonly path: string; readonly line: number }, what: string) =>
  `${path}:${line} ${what}`

/** The first folder of a path: `protocol`, `agent`, `control-plane`, … */
export const sideOf = (path: string) => path.split('/')[0] ?? ''

export const importsIn = (files: readonly SourceFile[]) =>
  files.flatMap(({ path, imports }) => imports.map((one) => ({ ...one, path, side: sideOf(path) })))

export const findingsIn = (files: readonly SourceFile[], kind: Finding['kind']) =>
  files.flatMap(({ path, findings }) => findings.filter((one) => one.kind === kind).map((one) => ({ ...one, path })))

function importsOf(path: string, text: string, module: ParseResult['module'], lineOf: LineOf): readonly Import[] {
  const one = (specifier: string, names: readonly string[], start: number): Import => {
    const isRelative = specifier.startsWith('.')
    const from = isRelative ? posix.join(posix.dirname(path), specifier) : packageOf(specifier)
    return { from, isRelative, names, line: lineOf(start) }
  }
  const imported = module.staticImports.map(({ moduleRequest, entries, start }) => {
    const names = entries.map(({ importName }) => importName.name ?? importName.kind)
    return one(moduleRequest.value, names, start)
  })
  const passedOn = module.staticExports.flatMap(({ entries, start }) =>
    entries.flatMap(({ moduleRequest, importName }) =>
      moduleRequest ? [one(moduleRequest.value, [importName.name ?? '*'], start)] : [],
    ),
  )
  const loaded = module.dynamicImports.flatMap(({ moduleRequest: { start, end } }) => {
    const [, specifier] = /^['"`]([^'"`$]+)['"`]$/.exec(text.slice(start, end)) ?? []
    return specifier === undefined ? [] : [one(specifier, ['*'], start)]
  })
  return [...imported, ...passedOn, ...loaded]
}

function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier
  const [scope = '', name = ''] = specifier.split('/')
  return scope.startsWith('@') ? `${scope}/${name}` : scope
}
