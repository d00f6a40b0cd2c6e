import type { Effect } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import { judgeKnownOrder, type KnownOrder } from '../../../agent/runs/known-order.ts'

const cases: readonly (readonly [Effect | 'run at the gate', 'told' | 'silent', number, KnownOrder])[] = [
  ['read', 'told', 1, 'remind'],
  ['read', 'told', 2, 'remind'],
  ['read', 'told', 3, 'restart'],
  ['write', 'told', 1, 'remind'],
  ['write', 'told', 2, 'remind'],
  ['write', 'told', 3, 'retell'],
  ['write', 'silent', 1, 'retell'],
  ['write', 'silent', 2, 'retell'],
  ['write', 'silent', 3, 'retell'],
  ['run at the gate', 'told', 2, 'remind'],
  ['run at the gate', 'told', 3, 'restart'],
]

test.each(cases)(
  'asked for a %s that is %s in attempt 2, as attempt %i, its answer is to %s',
  (what, told, attempt, expected) => {
    const effect = what === 'run at the gate' ? undefined : what

    expect(judgeKnownOrder({ attempt }, { silent: told === 'silent', attempt: 2, effect })).toBe(expected)
  },
)
