// Reads the vector files of the protocol, so that every test of an end can be held to them.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

const folder = join(import.meta.dirname, '../../protocol/vectors')

const reading = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('frame'), unknownCount: z.int() }),
  z.strictObject({ kind: z.literal('ignored'), type: z.string() }),
  z.strictObject({ kind: z.literal('oversized'), run: z.string().optional(), attempt: z.int().optional() }),
  z.strictObject({ kind: z.literal('refused'), close: z.string() }),
])

/** A long text is written as its two ends and its length; between them stands the letter x. */
const text = z.string().or(z.strictObject({ before: z.string(), byteCount: z.int(), after: z.string() }))
const name = z.string()
const messageCase = z
  .union([z.strictObject({ name, message: z.unknown(), reading }), z.strictObject({ name, text, reading })])
  .transform((entry) => ({
    name: entry.name,
    reading: entry.reading,
    text: 'text' in entry ? longText(entry.text) : JSON.stringify(entry.message),
  }))
export type MessageCase = z.infer<typeof messageCase>

function longText(written: z.infer<typeof text>): string {
  if (typeof written === 'string') return written
  const { before, byteCount, after } = written
  return before + 'x'.repeat(byteCount - Buffer.byteLength(before + after)) + after
}

/** The cases of every frame of one side, by the type of the frame. */
export function frameVectors(side: 'agent' | 'plane'): ReadonlyMap<string, readonly MessageCase[]> {
  const schema = z.strictObject({ frame: z.string(), cases: z.array(messageCase) })
  const files = readdirSync(join(folder, `${side}-frames`)).map((file) => read(`${side}-frames/${file}`, schema))
  return new Map(files.map(({ frame, cases }) => [frame, cases]))
}

/** Messages that are a frame of neither side, or too large. */
export const messageVectors = () => read('messages.json', z.strictObject({ cases: z.array(messageCase) })).cases

const testKey = z.strictObject({ kid: z.string(), x: z.string(), d: z.string() })
export type TestKey = z.infer<typeof testKey>

/** `plane` is the pinned key of the signed vectors, `replica` that of the session proof; `stranger` is neither. */
export const testKeys = () =>
  read('keys.json', z.strictObject({ note: z.string(), plane: testKey, replica: testKey, stranger: testKey }))

const addressed = z.strictObject({ plane: z.string(), agent: z.string(), replica: z.string(), nonce: z.string() })
const believedRun = z.strictObject({
  ...{ id: z.string(), sha256: z.string(), attempt: z.int(), ttlMs: z.int() },
  doubtful: z.boolean().default(false),
})

/** `key` names the customer's, which is that of the stranger to the plane. */
export const approvalVectors = () =>
  read(
    'approval.json',
    z.strictObject({
      ...{ key: z.string(), agent: z.string(), text: z.string(), now: z.int() },
      cases: z.array(z.strictObject({ name, jws: z.string(), isApproved: z.boolean() })),
    }),
  )

/** Each case has either the `runs` that a believed batch holds, or the `error` of one that is refused. */
export const batchVectors = () =>
  read(
    'batch.json',
    z.strictObject({
      to: addressed,
      pinned: z.array(z.string()),
      cases: z.array(
        z.strictObject({
          name,
          jws: z.string(),
          sha256: z.string().optional(),
          runs: z.array(believedRun).optional(),
          error: z.string().optional(),
        }),
      ),
    }),
  )

/** Each case has either the `payload` of a believed welcome, or the `close` of one that is not. */
export const welcomeVectors = () =>
  read(
    'welcome.json',
    z.strictObject({
      to: addressed,
      pinned: z.array(z.string()),
      protocol: z.strictObject({ min: z.int(), max: z.int() }),
      cases: z.array(
        z.strictObject({ name, jws: z.string(), payload: z.unknown().optional(), close: z.string().optional() }),
      ),
    }),
  )

/** Each case has the statement that it `pins`, the `close` of one that is not believed, or neither where it is ignored. */
export const keyStatementVectors = () =>
  read(
    'key-statement.json',
    z.strictObject({
      plane: z.string(),
      pinned: z.unknown(),
      cases: z.array(
        z.strictObject({ name, jws: z.string(), pins: z.unknown().optional(), close: z.string().optional() }),
      ),
    }),
  )

/** Each case has either the `payload` of a lead that is believed, or the `close` of one that is not. */
export const leadVectors = () =>
  read(
    'lead.json',
    z.strictObject({
      to: addressed,
      pinned: z.array(z.string()),
      cases: z.array(
        z.strictObject({ name, jws: z.string(), payload: z.unknown().optional(), close: z.string().optional() }),
      ),
    }),
  )

export const enrolmentVectors = () =>
  read(
    'enrolment.json',
    z.strictObject({
      code: z.strictObject({ text: z.string(), id: z.string(), secret: z.string(), fingerprint: z.string() }),
      codesRefused: z.array(z.strictObject({ name, text: z.string() })),
      request: z.record(z.string(), z.string()),
      answer: z.record(z.string(), z.string()),
      texts: z.strictObject({ knows: z.string(), agent: z.string(), plane: z.string() }),
    }),
  )

export const sessionProofVectors = () =>
  read(
    'session-proof.json',
    z.strictObject({
      challenge: z.unknown(),
      body: z.string(),
      text: z.string(),
      proof: z.string(),
      refused: z.array(z.strictObject({ name, body: z.string(), proof: z.string() })),
    }),
  )

export const rowsTextVectors = () =>
  read(
    'rows-text.json',
    z.strictObject({
      cases: z.array(
        z.strictObject({ name, frame: z.string(), rowsText: z.string(), byteCount: z.int(), sha256: z.string() }),
      ),
      refused: z.array(z.strictObject({ name, frame: z.string() })),
      digest: z.strictObject({ pages: z.array(z.string()), sha256: z.string(), ofNone: z.string() }),
    }),
  )

function read<Schema extends z.ZodType>(file: string, schema: Schema): z.output<Schema> {
  return schema.parse(JSON.parse(readFileSync(join(folder, file), 'utf8')))
}
