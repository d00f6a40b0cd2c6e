// Says in a few words what a JSON Schema takes, member by member: the forms in the tables of PROTOCOL.md and JOBS.md.

import { z } from 'zod'

/** Patterns that have a name; PROTOCOL.md, Forms, prints them. */
export const namedForms: Readonly<Record<string, string>> = {
  '^[a-z0-9][a-z0-9_-]{0,62}$': 'name',
  '^[A-Za-z0-9_-]{8,64}$': 'run id',
  '^[A-Za-z0-9_-]{16}$': 'code id',
  '^[A-Za-z0-9_-]{43}$': '32 bytes',
  '^[A-Za-z0-9_-]{86}$': 'signature',
  '^[0-9a-f]{64}$': 'SHA-256',
  '^[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]+\\.[A-Za-z0-9_-]{86}$': 'JWS',
  '^[0-9a-f]{24}$': 'JumpCloud id',
  '^[a-z0-9_]{1,64}$': 'error code',
}

/** What is read of a JSON Schema; zod writes no other keywords for the schemas of this repository. */
const node = z.object({
  type: z.union([z.string(), z.array(z.string())]).optional(),
  format: z.string().optional(),
  pattern: z.string().optional(),
  description: z.string().optional(),
  const: z.unknown().optional(),
  default: z.unknown().optional(),
  enum: z.array(z.string()).optional(),
  minimum: z.number().optional(),
  minLength: z.number().optional(),
  maxLength: z.number().optional(),
  minItems: z.number().optional(),
  maxItems: z.number().optional(),
  required: z.array(z.string()).optional(),
  get items() {
    return node.optional()
  },
  get properties() {
    return z.record(z.string(), node).optional()
  },
  get anyOf() {
    return z.array(node).optional()
  },
})
type Node = z.infer<typeof node>

export type Member = {
  /** Dotted; `[]` after a list, `?` after a member that may be absent. */
  readonly path: string
  readonly form: string
  readonly description: string
}

/** Every member of an object schema and of the objects inside it, in the order of the schema. */
export function membersOf(schema: z.ZodType): readonly Member[] {
  return members(node.parse(z.toJSONSchema(schema, { io: 'input' })), '')
}

function members(schema: Node, prefix: string): Member[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, child]) => {
    const path = `${prefix}${name}${schema.required?.includes(name) ? '' : '?'}`
    const inner = withoutNull(child)
    const below = inner.items ? members(inner.items, `${path}[].`) : members(inner, `${path}.`)
    return [{ path, form: formOf(child), description: child.description ?? '' }, ...below]
  })
}

const withoutNull = (schema: Node) => schema.anyOf?.find(({ type }) => type !== 'null') ?? schema

function formOf(schema: Node): string {
  const { type, anyOf } = schema
  const alternatives = Array.isArray(type) ? type.map((one) => ({ ...schema, type: one })) : anyOf
  const form = alternatives ? alternatives.map(simpleForm).join(' or ') : simpleForm(schema)
  return schema.default === undefined ? form : `${form}; \`${JSON.stringify(schema.default)}\` if absent`
}

function simpleForm(schema: Node): string {
  if (schema.const !== undefined) return `\`${String(schema.const)}\``
  if (schema.enum && schema.type !== 'null') return schema.enum.map((value) => `\`${value}\``).join(', ')
  if (schema.type === 'array') return listForm(schema)
  if (schema.type === 'integer') return integerForm(schema.minimum)
  if (schema.type === 'string') return textForm(schema)
  return typeof schema.type === 'string' ? schema.type : 'anything'
}

function listForm({ items, minItems, maxItems }: Node): string {
  const list = `list${range(minItems, maxItems)}`
  return items === undefined || items.properties ? list : `${list}: ${formOf(items)}`
}

function integerForm(minimum = Number.MIN_SAFE_INTEGER): string {
  return minimum === Number.MIN_SAFE_INTEGER ? 'integer' : `integer ≥ ${minimum}`
}

function textForm({ pattern, format, minLength, maxLength }: Node): string {
  if (format === 'date-time') return 'RFC 3339'
  if (pattern !== undefined) return namedForms[pattern] ?? `text like \`${pattern}\``
  return `text${range(minLength, maxLength)}`
}

function range(least = 0, most?: number): string {
  if (most === undefined) return least > 0 ? `, at least ${least}` : ''
  return least > 0 ? `, ${least} to ${size(most)}` : `, at most ${size(most)}`
}

const size = (count: number) => (count >= 1024 && count % 1024 === 0 ? `${count / 1024} KiB` : String(count))
