import { expect, test } from 'vitest'
import { createFakeClock } from '../../support/fake-clock.ts'
import { openSession } from '../../support/open-session.ts'

const hours = 60 * 60 * 1000
const days = 24 * hours

test('a state says when a credential ends and which warning is due, and another is told when that changes', async () => {
  const clock = createFakeClock()
  const endOf = (left: number) => new Date(clock.now() + left * days).toISOString().slice(0, 10)
  await using open = await openSession({
    clock,
    main: ({ keyFile, writerFile }) => ({
      credential: { file: keyFile, expiresAt: endOf(15) },
      writer: { file: writerFile, expiresAt: endOf(200) },
    }),
  })
  const { session } = open

  expect(session.body.connections).toMatchObject([
    { name: 'main', endsWithinDays: 30, expiresAt: expect.stringContaining(endOf(15)), writer: { state: 'unproven' } },
  ])
  expect(session.body.connections[0]?.writer).not.toHaveProperty('endsWithinDays')
  await clock.advance(1 * hours)
  for (let day = 0; day < 2; day += 1) await clock.advance(24 * hours)

  expect((await session.next('state')).connections).toMatchObject([{ name: 'main', endsWithinDays: 14 }])
})
