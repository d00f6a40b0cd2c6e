import { expect, test } from 'vitest'
import { runLine } from '../../../../agent/cli/local/status-lines.ts'

test('of a run, whoever ordered it is named by the control plane in a way that no terminal obeys', () => {
  const held = { run: 'ru_1', attempt: 1, job: 'org.get', connection: 'main', state: 'running', rows: 3 }

  const line = runLine({ ...held, requester: 'Zoë \u009b2J\u202eada\n"x"', receivedAt: '2026-03-04T05:06:07.000Z' })

  expect(line).toBe(
    'ru_1 attempt 1 running org.get on main for "Zoë \\u009b2J\\u202eada\\n\\"x\\"" since 2026-03-04T05:06:07.000Z, 3 rows',
  )
})
