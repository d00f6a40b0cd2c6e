import { expect, test } from 'vitest'
import { createManualClock } from '../jumpcloud/manual-clock.ts'
import { startJumpCloud } from '../jumpcloud/start.ts'
import { ask } from './ask.ts'
import { outsiderOf, staticGroup } from './tenant-facts.ts'

const GROUPS = 'GET /api/v2/usergroups'

test('answers 429 so many times, with seconds, a date or nothing in Retry-After', async () => {
  await using jumpcloud = await startJumpCloud({ users: 1 })
  const date = 'Wed, 04 Mar 2026 05:06:17 GMT'
  jumpcloud.levers.tooManyRequests({ count: 1, retryAfter: 7 })
  const first = await ask(jumpcloud, GROUPS)
  jumpcloud.levers.tooManyRequests({ count: 1, retryAfter: date })
  const second = await ask(jumpcloud, GROUPS)
  jumpcloud.levers.tooManyRequests({ count: 1 })
  const third = await ask(jumpcloud, GROUPS)
  const fourth = await ask(jumpcloud, GROUPS)

  expect([first, second, third].map(({ status, headers }) => [status, headers.get('retry-after')])).toEqual([
    [429, '7'],
    [429, date],
    [429, null],
  ])
  expect(fourth.status).toBe(200)
})

test('acts only on the method and path that it names, after as many requests as it is told', async () => {
  await using jumpcloud = await startJumpCloud({ users: 1 })
  const lever = jumpcloud.levers.serverError({ method: 'GET', path: '/api/v2/usergroups/*', after: 1, status: 502 })
  const line = `GET /api/v2/usergroups/${staticGroup(jumpcloud).id}`

  const statuses = [
    (await ask(jumpcloud, GROUPS)).status,
    (await ask(jumpcloud, line)).status,
    (await ask(jumpcloud, line)).status,
  ]
  lever.release()

  expect([...statuses, (await ask(jumpcloud, line)).status]).toEqual([200, 200, 502, 200])
  expect(lever.used()).toBe(1)
})

test('answers HTML where JSON is due, as an error, as a success and as a redirect', async () => {
  await using jumpcloud = await startJumpCloud({ users: 1 })
  jumpcloud.levers.serverError({ status: 503, count: 1 })
  const down = await ask(jumpcloud, GROUPS)
  jumpcloud.levers.answerHtml({ count: 1 })
  const page = await ask(jumpcloud, GROUPS)
  jumpcloud.levers.redirect302({ count: 1 })
  const moved = await ask(jumpcloud, GROUPS)

  expect([down.status, down.text.slice(0, 15)]).toEqual([503, '<!DOCTYPE html>'])
  expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8'])
  expect([moved.status, moved.headers.get('location')]).toEqual([302, '/login'])
})

test('waits on the clock that was passed in', async () => {
  const clock = createManualClock()
  await using jumpcloud = await startJumpCloud({ users: 1, clock })
  jumpcloud.levers.latencyMs({ ms: 30_000 })
  const arrived = jumpcloud.nextRequest(() => true)

  const answer = ask(jumpcloud, GROUPS)
  await arrived
  expect(jumpcloud.requests).toMatchObject([{ outcome: 'pending', status: null }])
  clock.advance(30_000)

  expect((await answer).status).toBe(200)
})

test('holds a request until it is released', async () => {
  await using jumpcloud = await startJumpCloud({ users: 1 })
  const lever = jumpcloud.levers.hold({ path: '/api/v2/usergroups' })
  const arrived = jumpcloud.nextRequest(({ path }) => path === '/api/v2/usergroups')

  const answer = ask(jumpcloud, GROUPS)
  await arrived
  expect((await ask(jumpcloud, 'GET /api/systemusers')).status).toBe(200)
  lever.release()

  expect((await answer).status).toBe(200)
})

test('applies a write at once, and holds its answer until it is released', async () => {
  await using jumpcloud = await startJumpCloud({ users: 1 })
  const lever = jumpcloud.levers.holdAnswer({ method: 'POST' })
  const arrived = jumpcloud.nextRequest(({ method }) => method === 'POST')

  const answer = ask(jumpcloud, 'POST /api/v2/usergroups', { body: { name: 'Made' } })
  await arrived
  await ask(jumpcloud, GROUPS)
  expect(jumpcloud.requests[0]).toMatchObject({ outcome: 'pending' })
  expect(jumpcloud.mutations).toMatchObject([{ kind: 'group', op: 'create' }])
  lever.release()

  expect((await answer).status).toBe(201)
})

test('resets the connection before anything is applied', async () => {
  await using jumpcloud = await startJumpCloud({ users: 1 })
  jumpcloud.levers.resetBeforeAnswer({ method: 'POST', count: 1 })

  await expect(ask(jumpcloud, 'POST /api/v2/usergroups', { body: { name: 'Lost' } })).rejects.toThrow()

  expect(jumpcloud.mutations).toEqual([])
  expect(jumpcloud.requests).toMatchObject([{ outcome: 'reset', status: null }])
})

test('resets the connection in the middle of a body that was applied', async () => {
  await using jumpcloud = await startJumpCloud({ users: 1 })
  jumpcloud.levers.resetMidBody({ count: 1 })

  await expect(ask(jumpcloud, 'POST /api/v2/usergroups', { body: { name: 'Half' } })).rejects.toThrow()

  expect(jumpcloud.mutations).toMatchObject([{ kind: 'group', op: 'create' }])
  expect(jumpcloud.requests).toMatchObject([{ outcome: 'reset', status: 201 }])
})

test('applies a write some time after its connection was reset', async () => {
  const clock = createManualClock()
  await using jumpcloud = await startJumpCloud({ clock })
  const group = staticGroup(jumpcloud)
  const { id } = outsiderOf(jumpcloud, group)
  const lever = jumpcloud.levers.lateWrite({ method: 'POST', count: 1, delayMs: 4000 })

  const lost = ask(jumpcloud, `POST /api/v2/usergroups/${group.id}/members`, { body: { op: 'add', type: 'user', id } })
  await expect(lost).rejects.toThrow()
  const sentAt = clock.now()
  expect([jumpcloud.tenant.members.has(group.id, id), lever.pendingCount()]).toEqual([false, 1])
  clock.advance(4000)
  await lever.apply()

  expect(jumpcloud.mutations).toMatchObject([
    { op: 'add', userId: id, applied: true, at: sentAt + 4000, requestId: jumpcloud.requests[0]?.id },
  ])
  expect(lever.pendingCount()).toBe(0)
})

test('spoils a body in each of its ways', async () => {
  await using jumpcloud = await startJumpCloud({ users: 3, groups: 3 })
  const spoilt = async (what: 'malformed' | 'wrongRows' | 'notAList' | 'empty'): Promise<string> => {
    const lever = jumpcloud.levers.badBody({ what })
    const { text, status } = await fetch(`${jumpcloud.url}/api/v2/usergroups`, {
      headers: { 'x-api-key': jumpcloud.keys.administrator },
    }).then(async (answer) => ({ text: await answer.text(), status: answer.status }))
    lever.release()
    expect(status).toBe(200)
    return text
  }

  const malformed = await spoilt('malformed')
  expect(() => JSON.parse(malformed)).toThrow()
  expect(JSON.parse(await spoilt('wrongRows'))).toMatchObject([{ id: 42, type: 'user_group' }, { id: 42 }, { id: 42 }])
  expect(await spoilt('notAList')).toBe('"ok"')
  expect(await spoilt('empty')).toBe('')
})

test('streams a body larger than any client takes, and stops when the client has gone', async () => {
  await using jumpcloud = await startJumpCloud({ users: 1 })
  jumpcloud.levers.badBody({ what: 'giant', bytes: 3_000_000 })
  const whole = await ask(jumpcloud, GROUPS)

  const ending = new AbortController()
  const cut = await fetch(`${jumpcloud.url}/api/v2/usergroups`, {
    headers: { 'x-api-key': jumpcloud.keys.administrator },
    signal: ending.signal,
  })
  ending.abort()

  expect(whole.text.length).toBeGreaterThan(3_000_000)
  await expect(cut.text()).rejects.toThrow()
})

test('pauses in the middle of a slow body', async () => {
  const clock = createManualClock()
  await using jumpcloud = await startJumpCloud({ users: 1, clock })
  jumpcloud.levers.badBody({ what: 'slow', pauseMs: 500 })

  const answer = await fetch(`${jumpcloud.url}/api/v2/usergroups`, {
    headers: { 'x-api-key': jumpcloud.keys.administrator },
  })
  const reader = answer.body?.getReader()
  const first = await reader?.read()
  clock.advance(500)
  const second = await reader?.read()

  expect(first?.value?.length).toBeGreaterThan(0)
  expect(second?.done).toBe(false)
})

test('answers for an organisation whose plan has no Insights, after who may not ask was told so', async () => {
  await using jumpcloud = await startJumpCloud({ users: 1 })
  const lever = jumpcloud.levers.planWithoutInsights({})
  const events = 'POST /insights/directory/v1/events'
  const body = { service: ['all'], start_time: '2026-01-01T00:00:00Z' }
  const statusFor = async (key: string) => (await ask(jumpcloud, events, { body, key })).status

  expect(await statusFor(jumpcloud.keys.administrator)).toBe(402)
  expect(await statusFor(jumpcloud.keys.commandRunner)).toBe(403)
  expect(await statusFor('jca_nobodys')).toBe(401)
  expect((await ask(jumpcloud, 'GET /api/systemusers')).status).toBe(200)
  lever.release()

  expect(await statusFor(jumpcloud.keys.administrator)).toBe(200)
})
