import { describe, expect, test } from 'vitest'
import type { HeldRun } from '../../../agent/runs/held-run.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { createHaltedJournal } from '../../support/halted-journal.ts'
import { makeHeldRun } from '../../support/held-run.ts'
import { addition, castOf, openSession, openWriter, postsOf } from '../../support/open-session.ts'
import { until } from '../../support/until.ts'

describe('a cancel', () => {
  test('ends a read at once, with its call of JumpCloud', async () => {
    await using open = await openSession()
    const { session, jumpcloud } = open
    jumpcloud.levers.hold({ path: '/api/v2/usergroups' })
    const asked = jumpcloud.nextRequest(({ path }) => path === '/api/v2/usergroups')
    session.run([{ job: 'groups.list' }])
    await asked

    session.send({ type: 'cancel', run: 'run-00000001' })

    expect(await session.answer('run-00000001')).toMatchObject({ type: 'failed', error: { code: 'cancelled' } })
    await until(() => jumpcloud.requests.at(-1)?.outcome === 'aborted')
  })

  test('of a write before anything was sent leaves all as it was', async () => {
    await using open = await openWriter()
    const { session, jumpcloud } = open
    const hold = jumpcloud.levers.hold({ method: 'GET' })
    const asked = jumpcloud.nextRequest(() => true)
    session.run([addition(open)])
    expect(await session.next('accepted')).toMatchObject({ run: 'run-00000001' })
    await asked

    session.send({ type: 'cancel', run: 'run-00000001' })
    const answer = await session.answer('run-00000001')
    hold.release()
    session.run([{ id: 'run-afterwards', job: 'org.get' }])
    await session.answer('run-afterwards')

    expect(answer).toMatchObject({ type: 'failed', error: { code: 'cancelled' }, outcome: 'not_applied' })
    expect(postsOf(open)).toEqual([])
  })

  test('of a write that was sent is too late, and its outcome follows', async () => {
    await using open = await openWriter()
    const { session, jumpcloud } = open
    const hold = jumpcloud.levers.hold({ method: 'POST' })
    const asked = jumpcloud.nextRequest(({ method }) => method === 'POST')
    session.run([addition(open)])
    await asked

    session.send({ type: 'cancel', run: 'run-00000001' })
    expect(await session.next('too_late')).toMatchObject({ run: 'run-00000001', attempt: 1 })
    hold.release()

    expect(await session.answer('run-00000001')).toMatchObject({ type: 'done', outcome: 'applied' })
    expect(open.jumpcloud.mutations.filter(({ kind }) => kind === 'member')).toMatchObject([
      { op: 'add', applied: true },
    ])
  })

  test('of a write that waits to be sent once more ends it at once: JumpCloud asked to come back later', async () => {
    await using open = await openWriter()
    const { session, jumpcloud } = open
    jumpcloud.levers.tooManyRequests({ method: 'POST', retryAfter: 30 })
    const asked = jumpcloud.nextRequest(({ method }) => method === 'POST')
    session.run([addition(open)])
    await asked
    await until(() => jumpcloud.requests.at(-1)?.status === 429)

    session.send({ type: 'cancel', run: 'run-00000001' })

    expect(await session.answer('run-00000001')).toMatchObject({ type: 'failed', outcome: 'not_applied' })
    expect(postsOf(open)).toHaveLength(1)
  })

  test('of a write of many sends nothing more, and tells of each what became of it', async () => {
    await using open = await openWriter()
    const { session, jumpcloud } = open
    const { groupId, outsiders } = castOf(jumpcloud)
    const userIds = outsiders.slice(0, 8)
    const held = jumpcloud.levers.hold({ method: 'POST', after: 1 })
    session.run([{ job: 'groups.members.add', params: { groupId, userIds } }])
    await until(() => postsOf(open).length > 1)

    session.send({ type: 'cancel', run: 'run-00000001' })
    await session.next('too_late')
    held.release()
    const { rows } = await session.collect('run-00000001')

    // As many as are asked for at once, and the first, which goes alone.
    expect(postsOf(open).length).toBeLessThanOrEqual(5)
    expect(rows).toHaveLength(8)
    expect(rows.filter((row) => Object(row).outcome === 'applied')).toHaveLength(postsOf(open).length)
  })

  test.each(['hold', 'intend'] as const)('of a write that waits for the journal (%s) ends it at once', async (verb) => {
    const halted = createHaltedJournal()
    // It stands still: the answer takes no time of it.
    const clock = createFakeClock()
    await using open = await openWriter({ clock, wrapJournal: halted.wrap })
    const { session } = open
    const halt = halted.halt(verb)
    session.run([addition(open)])
    await halt.asked

    session.send({ type: 'cancel', run: 'run-00000001' })

    const failed = await session.next('failed')
    expect(failed).toMatchObject({ outcome: 'not_applied', error: { code: 'cancelled' } })
    halt.release()
    session.run([{ id: 'run-afterwards', job: 'org.get' }])
    await session.answer('run-afterwards')
    expect(postsOf(open)).toEqual([])
  })

  test('of a write that is read back says at once that it is too late, and the outcome follows', async () => {
    // It stands still, as above.
    await using open = await openWriter({ clock: createFakeClock() })
    const { session, jumpcloud } = open
    const looks = jumpcloud.levers.hold({ path: '/api/v2/users/*/memberof', after: 1 })
    const second = jumpcloud.nextRequest(({ path }) => postsOf(open).length > 0 && path.endsWith('/memberof'))
    session.run([addition(open)])
    await second

    session.send({ type: 'cancel', run: 'run-00000001' })

    expect(await session.next('too_late')).toMatchObject({ run: 'run-00000001' })
    looks.release()
    expect(await session.answer('run-00000001')).toMatchObject({ type: 'done', outcome: 'applied' })
  })

  test('of a run that is answered, or unknown, changes nothing', async () => {
    await using open = await openSession()
    const { session } = open
    session.run([{ job: 'org.get' }])
    await session.next('done')

    session.send({ type: 'cancel', run: 'run-00000001' })
    session.send({ type: 'cancel', run: 'run-nobody-knows' })
    session.run([{ id: 'run-afterwards', job: 'org.get' }])

    expect(await session.answer('run-afterwards')).toMatchObject({ type: 'done' })
    expect(session.unread('failed')).toEqual([])
  })
})

describe('a write', () => {
  test('that is abandoned while it is on the way is followed, and told when it is asked for again', async () => {
    await using open = await openWriter()
    const { session, plane, jumpcloud } = open
    const write = addition(open)
    const hold = jumpcloud.levers.hold({ method: 'POST' })
    const asked = jumpcloud.nextRequest(({ method }) => method === 'POST')
    session.run([write])
    await asked

    plane.levers.welcome = (honest) => ({ ...honest, held: [] })
    session.cut()
    const later = await plane.session()
    later.run([{ ...write, attempt: 2 }])
    expect(await later.next('accepted')).toMatchObject({ attempt: 2 })
    hold.release()

    expect(await later.answer('run-00000001')).toMatchObject({ type: 'done', attempt: 2, outcome: 'applied' })
    expect(postsOf(open)).toHaveLength(1)
  })

  test('that was abandoned and has ended since is not done again', async () => {
    await using open = await openWriter()
    const { session, plane, jumpcloud, agent } = open
    const write = addition(open)
    const hold = jumpcloud.levers.hold({ method: 'POST' })
    const asked = jumpcloud.nextRequest(({ method }) => method === 'POST')
    session.run([write])
    await asked

    plane.levers.welcome = (honest) => ({ ...honest, held: [] })
    session.cut()
    const later = await plane.session()
    hold.release()
    await agent.line('run.answered')
    later.run([{ ...write, attempt: 2 }])

    expect(await later.answer('run-00000001')).toMatchObject({ type: 'done', attempt: 2, outcome: 'applied' })
    expect(postsOf(open)).toHaveLength(1)
  })

  test('that JumpCloud refuses is failed and not applied', async () => {
    await using open = await openWriter()
    open.jumpcloud.levers.answerStatus({ method: 'POST', status: 403 })

    open.session.run([addition(open)])

    expect(await open.session.answer('run-00000001')).toMatchObject({
      type: 'failed',
      outcome: 'not_applied',
      error: { code: 'jumpcloud_forbidden' },
    })
    expect(open.jumpcloud.mutations.filter(({ kind }) => kind === 'member')).toEqual([])
  })
})

describe('a run', () => {
  function makeRun({ changing }: { readonly changing: boolean }): HeldRun {
    const run = makeHeldRun({ job: 'groups.members.add' })
    run.begin()
    if (changing) run.change()
    return run
  }

  test.each([
    { changing: false, state: 'forgotten' },
    { changing: true, state: 'followed' },
  ])('that is abandoned is $state, silent, and changes nothing more (a change is on its way: $changing)', (one) => {
    const run = makeRun(one)

    run.abandon()

    expect(run).toMatchObject({ state: one.state, silent: true, changing: one.changing })
    expect(run.change()).toBe(false)
  })

  test('that is followed goes on when it is told again, under the higher number, and still changes nothing more', () => {
    const run = makeRun({ changing: true })
    run.abandon()

    run.retell({ attempt: 3, doubtful: true })
    run.retell({ attempt: 2, doubtful: false })

    expect(run).toMatchObject({ state: 'running', silent: false, attempt: 3 })
    expect(run.change()).toBe(false)
  })

  test('that was sent is not cancelled, but changes nothing more', () => {
    const run = makeRun({ changing: true })

    expect(run.cancel()).toBe(false)
    expect(run).toMatchObject({ state: 'running', output: { answered: undefined } })
    expect(run.change()).toBe(false)
  })

  test('throws at a step that it does not have', () => {
    const run = makeRun({ changing: false })

    expect(() => run.begin()).toThrow('no step from running to running')
  })
})
