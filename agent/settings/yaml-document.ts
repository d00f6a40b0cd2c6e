// One strict YAML 1.2 document and the place of everything in it. It refuses what makes a file mean something else than it
// looks like; what the keys mean is the schemas' business. No text of the file is repeated: a secret may be pasted there.

import {
  type Document,
  isMap,
  isNode,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type Scalar,
  visit,
  type YAMLError,
} from 'yaml'

export type Place = { readonly line: number; readonly column: number }

/** One thing that is wrong; the sentence names no file and no place. */
export type Problem = { readonly place: Place; readonly message: string }

export type YamlDocument = {
  readonly value: unknown
  /** Where the value or the key at `path` begins; for what is not there, where the deepest part that is there begins. */
  placeOf(path: readonly PropertyKey[], part: 'key' | 'value'): Place
}

export type YamlReading =
  | { readonly ok: true; readonly document: YamlDocument }
  | { readonly ok: false; readonly problems: readonly Problem[] }

const sentences: Partial<Record<YAMLError['code'], string>> = {
  BAD_ALIAS: 'a star begins an alias, which is not taken; there are no wildcards, and other text with a star is quoted',
  BAD_INDENT: 'this is not indented like the lines around it',
  BAD_SCALAR_START: 'text that begins with this sign must be quoted',
  BLOCK_AS_IMPLICIT_KEY: 'a second colon, or a line that is indented further than the one before; quote or indent it',
  DUPLICATE_KEY: 'this key is there already',
  MISSING_CHAR: 'a closing quote, bracket or other sign is missing here',
  MULTILINE_IMPLICIT_KEY: 'this is no key with a value; a colon and a space go between the two',
  MULTIPLE_DOCS: 'a second document begins here; the file holds one',
  NON_STRING_KEY: 'a key must be text',
  RESOURCE_EXHAUSTION: 'this is nested too deeply',
  TAB_AS_INDENT: 'a tab indents here; use spaces',
  TAG_RESOLVE_FAILED: 'tags (!) are not taken; write plain values',
  BAD_DIRECTIVE: 'this directive is not taken; write plain YAML 1.2',
}

/** Parses the text of a file; never throws for anything that is in it. */
export function readYamlDocument(text: string): YamlReading {
  try {
    return readCarefully(text)
  } catch (error) {
    // The parser guards itself against nesting that fills the stack; walking what it made does not.
    if (!(error instanceof RangeError)) throw error
    return { ok: false, problems: [{ place: { line: 1, column: 1 }, message: 'this is nested too deeply' }] }
  }
}

function readCarefully(text: string): YamlReading {
  const lines = new LineCounter()
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  // At log level `silent` the parser would let a second document pass.
  const options = { lineCounter: lines, prettyErrors: false, stringKeys: true, logLevel: 'error' } as const
  const document = parseDocument(text, options)
  const problems = [...document.errors, ...document.warnings].map(({ code, pos }) => ({
    place: placeAt(pos[0]),
    message: sentences[code] ?? 'this is not valid YAML',
  }))
  if (problems.length === 0) problems.push(...misleadingParts(document, placeAt))
  if (problems.length > 0) return { ok: false, problems: firstOfEachLine(problems) }

  const value: unknown = document.toJS()
  return { ok: true, document: { value, placeOf: (path, part) => placeAt(offsetOf(document.contents, path, part)) } }
}

/** What follows on the same line is mostly the echo of the first. */
function firstOfEachLine(problems: readonly Problem[]): Problem[] {
  const lines = new Set<number>()
  return problems.filter(({ place: { line } }) => !lines.has(line) && lines.add(line))
}

/** What is valid YAML but hides what it means; numbers that are no numbers become the text that was written. */
function misleadingParts(document: Document.Parsed, placeAt: (offset: number) => Place): Problem[] {
  const problems: Problem[] = []
  const refuse = (node: Node, message: string) => problems.push({ place: placeAt(node.range?.[0] ?? 0), message })
  if (document.directives.yaml.version !== '1.2') {
    problems.push({ place: { line: 1, column: 1 }, message: 'only YAML 1.2 is taken; leave the %YAML line out' })
  }
  visit(document, {
    Alias: (_, node) => void refuse(node, 'aliases (*) are not taken; write the value again'),
    Value: (_, node) => {
      if (node.anchor !== undefined) refuse(node, 'anchors (&) are not taken; write the value where it belongs')
      if (isScalar(node)) keepAsWritten(node)
    },
    Pair: (_, { key }) => {
      if (isScalar(key) && key.value === '__proto__') refuse(key, 'this cannot be a key')
    },
  })
  return problems
}

/** An id of digits alone, or of digits and one `e`, is a number to YAML and would lose all but its first digits. */
function keepAsWritten(node: Scalar): void {
  if (typeof node.value === 'number' && String(node.value) !== node.source) node.value = node.source
}

function offsetOf(contents: Node | null, path: readonly PropertyKey[], part: 'key' | 'value'): number {
  let node: unknown = contents
  let offset = contents?.range?.[0] ?? 0
  for (const segment of path) {
    const step = stepInto(node, segment)
    if (step === undefined) return offset
    node = step.node
    offset = step.offset ?? offset
  }
  return part === 'value' && isScalar(node) && node.value !== null ? (node.range?.[0] ?? offset) : offset
}

/** One step down; the place of what is found is its key, because a mapping or a list has no better one of its own. */
function stepInto(node: unknown, segment: PropertyKey): { node: unknown; offset: number | undefined } | undefined {
  if (isSeq(node) && typeof segment === 'number') {
    const item = node.items[segment]
    return isNode(item) ? { node: item, offset: item.range?.[0] } : undefined
  }
  if (!isMap(node)) return undefined
  const pair = node.items.find(({ key }) => isScalar(key) && key.value === segment)
  return pair && isNode(pair.key) ? { node: pair.value, offset: pair.key.range?.[0] } : undefined
}
