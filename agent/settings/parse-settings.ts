// From the text of a settings file to what its schema makes of it, or to one error that names every problem by line and
// column. Values are never repeated in it: somebody may have pasted a secret where a path belongs.

import type { ErrorCode } from '@sallyport/protocol/error-codes'
import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { z } from 'zod'
import { nearestName } from './nearest-name.ts'
import { type Problem, readYamlDocument, type YamlDocument } from './yaml-document.ts'

export type SettingsText<Schema extends z.ZodType> = {
  readonly text: string
  /** As the person who wrote the file would name it. */
  readonly file: string
  /** Completes "read the …": `configuration`, `policy`. */
  readonly what: string
  readonly code: ErrorCode
  readonly schema: Schema
}

const shownProblemCount = 20

/** What the schema makes of the file. Throws the given code with `file:line:column` before each problem, in file order. */
export function parseSettings<Schema extends z.ZodType>(settings: SettingsText<Schema>): z.output<Schema> {
  const reading = readYamlDocument(settings.text)
  if (!reading.ok) throw refusal(settings, reading.problems)

  const result = settings.schema.safeParse(reading.document.value, { error: sayIssue })
  if (result.success) return result.data
  const { document } = reading
  throw refusal(
    settings,
    result.error.issues.flatMap((issue) => problemsOf(issue, settings.schema, document)),
  )
}

function refusal({ file, what, code }: SettingsText<z.ZodType>, problems: readonly Problem[]): SallyportError {
  const lines = problems
    .toSorted((one, other) => one.place.line - other.place.line || one.place.column - other.place.column)
    .map(({ place, message }) => `${file}:${place.line}:${place.column}: ${message}`)
  if (lines.length === 1) return new SallyportError(code, `read the ${what}: ${lines[0]}`)
  const shown = lines.slice(0, shownProblemCount)
  if (shown.length < lines.length) shown.push(`and ${lines.length - shown.length} more`)
  return new SallyportError(code, `read the ${what}: ${lines.length} problems\n  ${shown.join('\n  ')}`)
}

function problemsOf(issue: z.core.$ZodIssue, schema: z.ZodType, document: YamlDocument): Problem[] {
  if (issue.code === 'unrecognized_keys') {
    const known = knownKeys(schema, issue.path)
    return issue.keys.map((key) => ({
      place: document.placeOf([...issue.path, key], 'key'),
      message: `${named([...issue.path, key])}: there is no such key here${hint(key, known)}`,
    }))
  }
  if (issue.code === 'invalid_key') {
    const sentence = issue.issues[0]?.message ?? issue.message
    return [{ place: document.placeOf(issue.path, 'key'), message: `${named(issue.path)}: ${sentence}` }]
  }
  if (issue.code === 'invalid_union') {
    const inside = meantBranch(issue.errors).map((each) => ({ ...each, path: [...issue.path, ...each.path] }))
    if (inside.length > 0) return inside.flatMap((each) => problemsOf(each, schema, document))
  }
  return [{ place: document.placeOf(issue.path, 'value'), message: `${named(issue.path)}: ${issue.message}` }]
}

/** Of the forms that a value may have, the one that was meant: it failed further inside, or at least was of the right kind. */
function meantBranch(branches: readonly (readonly z.core.$ZodIssue[])[]): readonly z.core.$ZodIssue[] {
  const isOfKind = (issues: readonly z.core.$ZodIssue[]) =>
    issues.every(({ code, path }) => path.length > 0 || code === 'unrecognized_keys' || code === 'custom')
  return branches.find(isOfKind) ?? branches[0] ?? []
}

/** The end of a refusal: the nearest of what is allowed, where one is near, and all of it. */
export function hint(written: string, allowed: readonly string[]): string {
  const near = nearestName(written, allowed)
  const all = `allowed: ${allowed.join(', ')}`
  return near === undefined ? `; ${all}` : `; did you mean ${near}? ${all}`
}

/** `connections.main.allow`; positions in lists are left to line and column. */
function named(path: readonly PropertyKey[]): string {
  const keys = path.filter((segment) => typeof segment === 'string')
  return keys.length === 0 ? 'the file' : keys.map(shownKey).join('.')
}

/** A key that looks like none may be a secret that slipped to the left of its colon. */
function shownKey(key: string): string {
  return /^[A-Za-z][A-Za-z0-9_-]{0,31}$/.test(key) ? key : '(a key)'
}

const kinds: Readonly<Record<string, string>> = {
  object: 'a mapping of keys to values',
  record: 'a mapping of names to values',
  array: 'a list',
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
}

const sayIssue: z.core.$ZodErrorMap = (issue) => {
  if (issue.input === undefined) return 'this is missing'
  if (issue.input === null) return 'there is nothing here'
  if (issue.code === 'invalid_type') return `this must be ${kinds[issue.expected] ?? issue.expected}`
  if (issue.code === 'invalid_value') {
    const values = issue.values.map(String)
    return `this value is not known here${hint(typeof issue.input === 'string' ? issue.input : '', values)}`
  }
  return undefined
}

/** The keys that the schema knows at a path. */
function knownKeys(schema: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) {
    return knownKeys(schema.unwrap(), path)
  }
  if (schema instanceof z.ZodPipe) return knownKeys(schema.in, path)
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => knownKeys(option, path))

  const [segment, ...rest] = path
  if (schema instanceof z.ZodObject) {
    if (segment === undefined) return Object.keys(schema.shape).sort()
    const member = Object.entries(schema.shape).find(([key]) => key === segment)
    return member ? knownKeys(member[1], rest) : []
  }
  if (schema instanceof z.ZodArray) return knownKeys(schema.element, rest)
  return schema instanceof z.ZodRecord ? knownKeys(schema.valueType, rest) : []
}
