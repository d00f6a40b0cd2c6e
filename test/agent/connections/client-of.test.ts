import { expect, test } from 'vitest'
import { createFakeClock } from '../../support/fake-clock.ts'
import { addition, openSession, postsOf, writerPolicy } from '../../support/open-session.ts'

const organisation = 1

const openWithin = async (requestsPerHour: number) => {
  const clock = createFakeClock()
  const open = await openSession({
    ...{ clock, policy: writerPolicy },
    main: ({ keyFile }) => ({ credential: { file: keyFile }, requestsPerHour }),
  })
  const run = async (id: string, part: { readonly job: string } = { job: 'groups.list' }) => {
    open.session.run([{ id, ...part }])
    return await open.session.answer(id)
  }
  return { ...open, run, [Symbol.asyncDispose]: () => open[Symbol.asyncDispose]() }
}

test('fails runs as budget_spent when the requests of an hour are used up, asks JumpCloud nothing more, and says so once', async () => {
  await using open = await openWithin(organisation + 3)
  const { run, jumpcloud, agent } = open
  for (const id of ['run-1-of-3', 'run-2-of-3', 'run-3-of-3']) expect(await run(id)).toMatchObject({ type: 'done' })

  expect(await run('run-too-many-1')).toMatchObject({ type: 'failed', error: { code: 'budget_spent' } })
  expect(await run('run-too-many-2')).toMatchObject({ type: 'failed', error: { code: 'budget_spent' } })

  expect(jumpcloud.requests).toHaveLength(organisation + 3)
  expect(agent.lines.filter(({ event }) => event === 'jumpcloud.budget_spent')).toMatchObject([
    { level: 'warn', connection: 'main', roomAt: expect.any(String) },
  ])
})

test('changes nothing where there is no request left for it, and follows what it changed with the last one', async () => {
  const readsBefore = 2
  await using without = await openWithin(organisation + readsBefore)
  await using last = await openWithin(organisation + readsBefore + 1)

  const [withheld, applied] = [
    await without.run('run-write', addition(without)),
    await last.run('run-write', addition(last)),
  ]

  expect(withheld).toMatchObject({ outcome: 'not_applied' })
  expect(postsOf(without)).toEqual([])
  expect(applied).toMatchObject({ type: 'done', outcome: 'applied' })
  expect(postsOf(last)).toHaveLength(1)
})
