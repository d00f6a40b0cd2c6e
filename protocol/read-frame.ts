// From the text of a message to a frame, or to what must be done about it. Pure; the socket is somebody else's.

import type { z } from 'zod'
import type { CloseReason } from './close-codes.ts'
import { limits } from './limits.ts'
import { cutRows } from './rows-text.ts'

/**
 * `frame`: valid; `unknownCount` members were ignored, and `rows` is their text as it was sent. `ignored`: a type that this version does not know.
 * `oversized`: over 1 MiB, refused alone; `run` names its run where the text shows one. `refused`: close the session.
 */
export type Reading<Frame> =
  | { readonly kind: 'frame'; readonly frame: Frame; readonly unknownCount: number; readonly rows: string | undefined }
  | { readonly kind: 'ignored'; readonly type: string }
  | { readonly kind: 'oversized'; readonly run: string | undefined; readonly attempt: number | undefined }
  | { readonly kind: 'refused'; readonly close: CloseReason; readonly why: string }

type Catalogue = Readonly<Record<string, z.ZodObject>>

/** `catalogue`: one schema per type of frame, each for the member of `Frame` with that type. */
export function readFrame<Frame>(catalogue: Catalogue, text: string, byteCount: number): Reading<Frame> {
  if (byteCount > limits.frameBytes) return oversized(text)
  const { value, rows } = parseFrame(text)
  if (value === undefined || typeof value.type !== 'string') {
    return { kind: 'refused', close: 'frame_malformed', why: 'not a JSON object with a string "type"' }
  }
  const schema = Object.hasOwn(catalogue, value.type) ? catalogue[value.type] : undefined
  if (schema === undefined) return { kind: 'ignored', type: value.type.slice(0, 64) }
  const parsed = schema.safeParse(value)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    const where = issue?.path.map(String).join('.') || 'the frame'
    return {
      kind: 'refused',
      close: 'frame_invalid',
      why: `${value.type}: ${where}: ${issue?.message ?? 'does not fit'}`.slice(0, 120),
    }
  }
  // The catalogue's schema of this very type was what parsed it.
  return { kind: 'frame', frame: parsed.data as Frame, unknownCount: unknownMembers(value, schema), rows }
}

type Parsed = { readonly value: Record<string, unknown> | undefined; readonly rows: string | undefined }

/**
 * The rows are parsed from the very text that is stored later: a frame that named them twice would else be checked by one
 * and stored by the other.
 */
function parseFrame(text: string): Parsed {
  const cut = cutRows(text)
  const head = cut && parseObject(cut.head)
  const rows = cut && parseJson(cut.rows)
  if (cut === undefined || head === undefined || rows === undefined)
    return { value: parseObject(text), rows: undefined }
  return { value: { ...head, rows }, rows: cut.rows }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  const value = parseJson(text)
  // Asserted by the checks on the same line.
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function unknownMembers(value: Record<string, unknown>, schema: z.ZodObject): number {
  let count = 0
  for (const key in value) if (!Object.hasOwn(schema.shape, key)) count += 1
  return count
}

/** Finds the run of a frame that is too large to parse: its scalars come before its rows. */
function oversized(text: string): Reading<never> {
  const head = text.slice(0, 1024)
  const run = /"run":"([A-Za-z0-9_-]{8,64})"/.exec(head)?.[1]
  const attempt = /"attempt":(\d{1,9})[,}]/.exec(head)?.[1]
  return { kind: 'oversized', run, attempt: attempt === undefined ? undefined : Number(attempt) }
}
