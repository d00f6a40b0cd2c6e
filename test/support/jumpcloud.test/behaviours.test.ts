import { describe, expect, test } from 'vitest'
import { createManualClock } from '../jumpcloud/manual-clock.ts'
import { startJumpCloud } from '../jumpcloud/start.ts'
import { ask } from './ask.ts'
import { authenticationBehaviours } from './behaviours/authentication.ts'
import { type Behaviour, EMPTY } from './behaviours/behaviour.ts'
import { directoryBehaviours } from './behaviours/directory.ts'
import { insightsBehaviours } from './behaviours/insights.ts'
import { membershipBehaviours } from './behaviours/membership.ts'

describe.each([
  ['authentication', authenticationBehaviours],
  ['directory', directoryBehaviours],
  ['membership', membershipBehaviours],
  ['insights', insightsBehaviours],
])('%s', (_, behaviours) => {
  test.each(behaviours)('$id: $given → $status ($source)', expectBehaviour)
})

async function expectBehaviour({
  request,
  status,
  body,
  headers = {},
  before,
  dialect = {},
}: Behaviour): Promise<void> {
  const size = { users: 30, groups: 6, dynamicGroups: 2, organizations: 2 }
  await using jumpcloud = await startJumpCloud({ ...size, dialect, clock: createManualClock() })
  before?.(jumpcloud)

  const [line, asking] = request(jumpcloud)
  const answer = await ask(jumpcloud, line, asking)

  expect(answer.status).toBe(status)
  for (const [name, value] of Object.entries(headers)) expect(answer.headers.get(name)).toBe(value)
  if (body === EMPTY) expect(answer.text).toBe('')
  else if (Array.isArray(body)) expect(answer.json).toEqual(body)
  else if (body !== undefined) expect(answer.json).toMatchObject(Object(body))
}
