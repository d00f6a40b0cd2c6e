// Spoils messages by chance: members lost, retyped, nested, doubled; numbers and texts without measure; texts that are cut;
// bytes that are none. The same seed spoils them the same way.

import { createDraw, type Draw } from '../support/jumpcloud/random.ts'

export type { Draw }

export type Message = { readonly bytes: Buffer; readonly binary: boolean }
export type Members = Readonly<Record<string, unknown>>

export const textMessage = (text: string): Message => ({ bytes: Buffer.from(text), binary: false })

/** Drawn anew for each run of the tests, unless SALLYPORT_FUZZ_SEED names one; it is printed, so that a failure can be repeated. */
export function startDraw(what: string): Draw {
  const seed = process.env.SALLYPORT_FUZZ_SEED ?? String(Date.now())
  process.stderr.write(`${what}: SALLYPORT_FUZZ_SEED=${seed}\n`)
  return createDraw(`${what}/${seed}`)
}

/** One message made from an honest frame: mostly spoilt in one place, at times as it is, at times nothing like it. */
export function spoil(draw: Draw, frame: Members): Message {
  const how = draw.integer(100)
  if (how < 20) return textMessage(JSON.stringify(frame))
  if (how < 78) return textMessage(JSON.stringify(spoilMembers(draw, frame)))
  if (how < 92) return textMessage(spoilText(draw, JSON.stringify(frame)))
  if (how < 97) return { bytes: randomBytes(draw, draw.integer(200)), binary: draw.chance(0.5) }
  return textMessage(huge(draw, frame))
}

/** The same object with one thing wrong in it, at any depth. */
export function spoilMembers(draw: Draw, members: Members): Members {
  const names = Object.keys(members)
  const name = names[draw.integer(names.length)] ?? 'type'
  const { [name]: value, ...others } = members
  const isBranch = typeof value === 'object' && value !== null && !Array.isArray(value)
  if (isBranch && draw.chance(0.6)) return { ...members, [name]: spoilMembers(draw, { ...value }) }
  switch (draw.integer(6)) {
    case 0:
      return others
    case 1:
      return { ...members, [`${name}${draw.integer(3)}`]: strange(draw) }
    case 2:
      return { ...others, [name.toUpperCase()]: value }
    default:
      return { ...members, [name]: strange(draw) }
  }
}

/** Something that is not what was there. */
export function strange(draw: Draw): unknown {
  const depth = draw.pick([3, 30, 2000])
  const numbers = [0, -1, 1.5, 2 ** 31, 2 ** 53 - 1, 2 ** 53 + 2, 1e308, -1e-7, Number.NaN] as const
  const texts = [
    '',
    ' ',
    '\u0000',
    '\ud800',
    'é'.repeat(40),
    '__proto__',
    'constructor',
    '../..',
    'final',
    '{"a":1}',
  ] as const
  const makers: readonly [() => unknown, ...(() => unknown)[]] = [
    () => draw.pick(numbers),
    () => draw.pick(texts),
    () => 'long'.repeat(draw.pick([16, 64, 600, 20_000])),
    () => JSON.parse('['.repeat(depth) + ']'.repeat(depth)),
    () => JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`),
    () => JSON.parse('{"__proto__":{"type":"done"},"constructor":{"prototype":{}},"toString":1}'),
    () => draw.pick([null, true, false]),
    () => Array.from({ length: draw.pick([0, 1, 70, 3000]) }, () => draw.pick<unknown>([0, 'x', null])),
    () => draw.hex(draw.pick([8, 24, 64])),
  ]
  return draw.pick(makers)()
}

function spoilText(draw: Draw, text: string): string {
  const at = draw.integer(text.length)
  const tricks: readonly [() => string, ...(() => string)[]] = [
    () => text.slice(0, at),
    () => text.slice(at),
    () => text.slice(0, at) + String.fromCharCode(draw.integer(0x10000)) + text.slice(at + 1),
    () => `${text.slice(0, -1)},${text.slice(1)}`,
    () => `${text.slice(0, -1)},"type":"done","run":"${draw.hex(8)}"}`,
    () => text.replace('{', `{"__proto__":${text},`),
    () => text.replace(/\d+/, draw.pick(['1e999', '-0', '00', '0x1', '9'.repeat(400)])),
    () => `\ufeff${text}`,
    () => `${text}${text}`,
    () => JSON.stringify([text]),
    () => JSON.stringify(text),
    () => draw.pick(['', ' ', 'null', '[]', '{}', '0', '"type"', '{"type":1}', '{"type":"weather","sky":"clear"}']),
  ]
  return draw.pick(tricks)()
}

/** Past 1 MiB a frame is refused alone; past 4 MiB the socket ends. */
function huge(draw: Draw, frame: Members): string {
  const size = draw.chance(0.1) ? 4.2 * 1024 * 1024 : draw.chance(0.5) ? 1.1 * 1024 * 1024 : 200 * 1024
  return JSON.stringify({ ...frame, ballast: 'b'.repeat(size) })
}

function randomBytes(draw: Draw, length: number): Buffer {
  return Buffer.from(Array.from({ length }, () => draw.integer(256)))
}
