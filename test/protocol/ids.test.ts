import { describe, expect, test } from 'vitest'
import { jumpcloudId, plainName, runId } from '../../protocol/ids.ts'

describe('a JumpCloud id goes into paths, so it', () => {
  test.each([
    ['is taken', '6026da081f24755306c2ee0d', true],
    ['is no other path', '../6026da081f24755306c2e', false],
    ['has no capitals', '6026DA081F24755306C2EE0D', false],
    ['has no line after it', '6026da081f24755306c2ee0d\n', false],
    ['has no character more', '6026da081f24755306c2ee0d0', false],
  ])('%s: %j', (_, id, isFitting) => {
    expect(jumpcloudId.safeParse(id).success).toBe(isFitting)
  })
})

test('a name begins with a letter or digit and ends by 63 characters', () => {
  const fitting = ['acme', 'acme-eu_2', '0', 'a'.repeat(63), '', 'Acme', '-acme', 'a'.repeat(64), 'acme corp', 'acme\n']

  expect(fitting.filter((name) => plainName.safeParse(name).success)).toEqual([
    'acme',
    'acme-eu_2',
    '0',
    'a'.repeat(63),
  ])
})

test('a run id is long enough not to be guessed by accident and has no character that means something elsewhere', () => {
  const ids = ['run-00000001', 'abcdefgh', 'abcdefg', 'a'.repeat(65), 'run/00000001', 'run:00000001', 'run 00000001']

  expect(ids.filter((id) => runId.safeParse(id).success)).toEqual(['run-00000001', 'abcdefgh'])
})
