// The configuration file of the server: its schema, and its reading from the disk.

import { readFile } from 'node:fs/promises'
import { SallyportError } from '@sallyport/protocol'
import { logLevels } from '@sallyport/protocol/log-form'
import { LineCounter, parseDocument, type YAMLError } from 'yaml'
import { z } from 'zod'

const listen = z.strictObject({
  host: z.string().min(1).default('127.0.0.1').describe('address to listen at; without `tls` only a loopback address'),
  port: z.int().min(0).max(65_535).default(7420).describe('0 takes a free one; the log says which'),
})

const tls = z.strictObject({
  cert: z.string().min(1).describe('file with the certificate chain, PEM'),
  key: z.string().min(1).describe('file with the private key, PEM'),
})

const daysMs = 24 * 60 * 60 * 1000
const days = z.int().min(1).max(36_500)

const keep = z
  .strictObject({
    pagesDays: days.default(30).describe('how long rows are kept after their run has ended'),
    runsDays: days.default(400).describe('how long what else is known of a run is kept; at least as long as its rows'),
  })
  .transform(({ pagesDays, runsDays }) => ({ pagesMs: pagesDays * daysMs, runsMs: runsDays * daysMs }))

export const configurationSchema = z
  .strictObject({
    listen: listen.prefault({}),
    tls: tls.optional().describe('serve HTTPS; without it, plain HTTP on a loopback address'),
    state: z
      .string()
      .min(1)
      .default('/var/lib/sallyport-control')
      .describe('directory of store.db, signing.key and pages.key'),
    keep: keep.prefault({}),
    log: z.strictObject({ level: z.enum(logLevels).default('info') }).prefault({}),
  })
  .refine((configuration) => configuration.tls !== undefined || isLoopback(configuration.listen.host), {
    path: ['listen', 'host'],
    message:
      'without tls the server listens on a loopback address alone (127.0.0.1, ::1, localhost), because tokens and codes would cross the network in clear text. Name tls.cert and tls.key, or put a TLS proxy in front',
  })
export type Configuration = z.output<typeof configurationSchema>

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host)
}

/** `given` says that a person named the file: a missing one is then refused, else the defaults count. Throws `configuration_invalid`. */
export async function loadConfiguration(path: string, origin: 'given' | 'default'): Promise<Configuration> {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(await readFile(path))
    return readConfiguration(text, path)
  } catch (cause) {
    if (cause instanceof SallyportError) throw cause
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : ''
    if (code === 'ENOENT' && origin === 'default') return configurationSchema.parse({})
    const why = unreadable[code] ?? `it cannot be read (${code})`
    throw new SallyportError('configuration_invalid', `read the configuration: ${path}: ${why}`, { cause })
  }
}

const unreadable: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file; write it, or name another',
  EACCES: 'this user may not read it; let it, or run this as another',
  EISDIR: 'it is a directory; name a file',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'it is not UTF-8 text; save it as UTF-8',
}

/** Throws `configuration_invalid` with `file:line:column` of each problem. */
export function readConfiguration(text: string, file: string): Configuration {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true })
  const at = (offset: number) => {
    const { line, col } = lines.linePos(offset)
    return `${file}:${Math.max(1, line)}:${Math.max(1, col)}`
  }
  const [broken] = [...document.errors, ...document.warnings]
  if (broken !== undefined) {
    throw refusal([`${at(broken.pos[0])}: ${yamlSentences[broken.code] ?? 'this is not valid YAML'}`])
  }

  const parsed = configurationSchema.safeParse(document.toJS() ?? {}, { error: sayIssue })
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map((issue) => {
    const path = issue.code === 'unrecognized_keys' ? [...issue.path, ...issue.keys.slice(0, 1)] : issue.path
    const node = document.getIn(path, true) ?? document.getIn(path.slice(0, -1), true)
    return `${at(offsetOf(node))}: ${path.map(String).join('.') || 'the file'}: ${issue.message}`
  })
  throw refusal(problems)
}

const yamlSentences: Partial<Record<YAMLError['code'], string>> = {
  DUPLICATE_KEY: 'this key is there already',
  MULTILINE_IMPLICIT_KEY: 'this is no key with a value; a colon and a space go between the two',
  TAB_AS_INDENT: 'a tab indents here; use spaces',
}

const kinds: Readonly<Record<string, string>> = {
  object: 'a mapping of keys to values',
  string: 'text',
  int: 'a number',
}

const sayIssue: z.core.$ZodErrorMap = (issue) => {
  if (issue.code === 'unrecognized_keys') {
    const known = issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape) : []
    return `there is no such key here; allowed: ${known.join(', ')}`
  }
  if (issue.input === undefined) return 'this is missing'
  if (issue.input === null) return 'there is nothing here'
  if (issue.code === 'invalid_type') return `this must be ${kinds[issue.expected] ?? `a ${issue.expected}`}`
  if (issue.code === 'invalid_value') return `this value is not known here; allowed: ${issue.values.join(', ')}`
  if (issue.code === 'too_big') return `this must be at most ${issue.maximum}`
  return issue.code === 'too_small' ? `this must be at least ${issue.minimum}` : undefined
}

function offsetOf(node: unknown): number {
  const range = typeof node === 'object' && node !== null && 'range' in node ? node.range : undefined
  const start: unknown = Array.isArray(range) ? range[0] : 0
  return typeof start === 'number' ? start : 0
}

function refusal(problems: readonly string[]): SallyportError {
  return new SallyportError('configuration_invalid', `read the configuration: ${problems.join('\n  ')}`)
}
