import { expect, test } from 'vitest'
import { z } from 'zod'
import { runId } from '../../../protocol/ids.ts'
import { membersOf } from '../../../scripts/generate/form.ts'

const formOf = (schema: z.ZodType) => membersOf(z.object({ it: schema }))[0]?.form

test.each([
  ['text', z.string()],
  ['text, at least 1', z.string().min(1)],
  ['text, at most 2 KiB', z.string().max(2048)],
  ['text like `^x+$`', z.string().regex(/^x+$/)],
  ['run id', runId],
  ['RFC 3339', z.iso.datetime()],
  ['integer', z.int()],
  ['integer ≥ 1', z.int().min(1)],
  ['integer ≥ 0 or `final`', z.int().min(0).or(z.literal('final'))],
  ['boolean; `false` if absent', z.boolean().default(false)],
  ['`a`, `b` or null', z.enum(['a', 'b']).nullable()],
  ['list, at most 3: run id', z.array(runId).max(3)],
  ['anything', z.unknown()],
])('says of a member: %s', (form, schema) => {
  expect(formOf(schema)).toBe(form)
})

test('goes into objects and lists of objects, and marks what may be absent', () => {
  const schema = z.object({
    a: z.object({ b: z.string().optional() }).nullable(),
    c: z.array(z.object({ d: z.int() })).optional(),
  })

  const paths = membersOf(schema).map(({ path }) => path)

  expect(paths).toEqual(['a', 'a.b?', 'c?', 'c?[].d'])
})

test('takes the description of the schema', () => {
  const [member] = membersOf(z.object({ a: z.string().describe('why') }))

  expect(member?.description).toBe('why')
})
