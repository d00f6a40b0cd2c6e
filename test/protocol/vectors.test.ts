import { describe, expect, test } from 'vitest'
import { agentFrames, readAgentFrame } from '../../protocol/agent-frames.ts'
import { planeFrames, readPlaneFrame } from '../../protocol/plane-frames.ts'
import type { Reading } from '../../protocol/read-frame.ts'
import { frameVectors, type MessageCase, messageVectors } from '../support/vectors.ts'

const sides = [
  { side: 'agent', frames: agentFrames, read: readAgentFrame },
  { side: 'plane', frames: planeFrames, read: readPlaneFrame },
] as const

describe.each(sides)('the frames of the $side', ({ side, frames, read }) => {
  const vectors = frameVectors(side)

  test('each have a file of vectors', () => {
    expect([...vectors.keys()].sort()).toEqual(Object.keys(frames).sort())
  })

  describe.each([...vectors])('%s', (type, cases) => {
    test('has one that is valid, one with a member to ignore, and one to refuse', () => {
      const seen = new Set(cases.map(kindOf))

      expect(seen).toEqual(new Set(['valid', 'ignored', 'refused']))
    })

    test.each(cases)('$name', ({ text, reading }) => {
      const result = read(text, Buffer.byteLength(text))

      expect(brief(result)).toEqual(reading)
      if (result.kind === 'frame') expect(result.frame.type).toBe(type)
    })
  })

  test.each(messageVectors())('a message of neither side: $name', ({ text, reading }) => {
    expect(brief(read(text, Buffer.byteLength(text)))).toEqual(reading)
  })

  test('are of this side alone: the other side ignores their types', () => {
    const other = side === 'agent' ? readPlaneFrame : readAgentFrame
    const valid = [...vectors.values()].flatMap((cases) => cases.filter((entry) => kindOf(entry) === 'valid'))

    const kinds = valid.map(({ text }) => other(text, Buffer.byteLength(text)).kind)

    expect(new Set(kinds)).toEqual(new Set(['ignored']))
  })
})

function kindOf({ reading }: MessageCase): string {
  return reading.kind === 'frame' ? (reading.unknownCount > 0 ? 'ignored' : 'valid') : reading.kind
}

/** What a vector says of a reading: not the frame itself, and not the sentence for people. */
function brief(result: Reading<unknown>): Record<string, unknown> {
  if (result.kind === 'frame') return { kind: 'frame', unknownCount: result.unknownCount }
  if (result.kind === 'refused') return { kind: 'refused', close: result.close }
  if (result.kind === 'ignored') return { ...result }
  const { kind, run, attempt } = result
  return { kind, ...(run !== undefined && { run }), ...(attempt !== undefined && { attempt }) }
}
