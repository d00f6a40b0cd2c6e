// What a vendor is told when JumpCloud does not do its part: each fault is a typed error over HTTP, and the next run works.

import { expect, test } from 'vitest'
import { shareInstallation } from '../support/story.ts'
import { until } from '../support/until.ts'

const installation = shareInstallation({ sizes: { users: 12, groups: 4, events: 0 } })

/** Whatever happened, the agent is there and works. */
async function expectItWorks(): Promise<void> {
  expect(await installation.run('org.get', {})).toMatchObject({ state: 'done', error: null })
}

type Fault = {
  readonly what: string
  readonly lever: string
  readonly options?: object
  readonly code: string
  readonly fault: string
  readonly retry: boolean
  /** What the message must say, besides the operation. */
  readonly says: RegExp
}

const json = { message: 'in the words of JumpCloud' }
const answerStatus = (status: number) => ({ lever: 'answerStatus', options: { status, json } })

const faults: readonly Fault[] = [
  {
    what: 'HTML in place of JSON',
    lever: 'answerHtml',
    code: 'response_unexpected',
    fault: 'jumpcloud',
    retry: false,
    says: /200 .*not JSON/,
  },
  {
    what: 'half of a JSON body',
    lever: 'badBody',
    options: { what: 'malformed' },
    code: 'response_unexpected',
    fault: 'jumpcloud',
    retry: false,
    says: /not JSON/,
  },
  {
    what: 'rows of another form',
    lever: 'badBody',
    options: { what: 'wrongRows' },
    code: 'response_unexpected',
    fault: 'jumpcloud',
    retry: false,
    says: /does not fit at/,
  },
  {
    what: 'an endless body',
    lever: 'badBody',
    options: { what: 'giant' },
    code: 'response_too_large',
    fault: 'jumpcloud',
    retry: false,
    says: /MiB/,
  },
  {
    what: '302 to the login page',
    lever: 'redirect302',
    code: 'credential_rejected',
    fault: 'customer',
    retry: false,
    says: /302 .*set a new one/,
  },
  { what: '401', ...answerStatus(401), code: 'credential_rejected', fault: 'customer', retry: false, says: /401/ },
  { what: '402', ...answerStatus(402), code: 'plan_missing', fault: 'customer', retry: false, says: /402/ },
  {
    what: '403',
    ...answerStatus(403),
    code: 'jumpcloud_forbidden',
    fault: 'customer',
    retry: false,
    says: /403 .*role/,
  },
  { what: '404', ...answerStatus(404), code: 'not_found', fault: 'caller', retry: false, says: /404/ },
  { what: '409', ...answerStatus(409), code: 'jumpcloud_conflict', fault: 'caller', retry: false, says: /409/ },
  { what: '400', ...answerStatus(400), code: 'jumpcloud_refused', fault: 'caller', retry: false, says: /400/ },
  {
    what: '500 with a page of HTML',
    lever: 'serverError',
    options: { status: 500 },
    code: 'jumpcloud_unavailable',
    fault: 'jumpcloud',
    retry: true,
    says: /500/,
  },
]

test.each(faults)('$what: the run fails with $code', async ({ lever, options = {}, code, fault, retry, says }) => {
  const { simulator, run } = installation
  const pulled = await simulator.pull(lever, { path: '/api/v2/usergroups', ...options })

  const { state, error, rows } = await run('groups.list', {})
  await pulled.release()

  expect({ state, rows, error }).toEqual({
    state: 'failed',
    rows: [],
    error: { code, fault, retry, message: expect.stringMatching(says) },
  })
  expect(error?.message).toMatch(/^list groups: .*GET \/api\/v2\/usergroups/)
  expect(error?.message).not.toContain(json.message)
  await expectItWorks()
})

test.each([
  ['429 with Retry-After', 'tooManyRequests', { retryAfter: 1 }],
  ['429 without it', 'tooManyRequests', {}],
  ['503', 'serverError', { status: 503 }],
  ['a connection that is reset', 'resetBeforeAnswer', {}],
  ['a body that is cut off', 'resetMidBody', {}],
  ['an answer that takes its time', 'latencyMs', { ms: 600 }],
])('%s, once, is not worth an error', async (_, lever, options) => {
  const { simulator, run } = installation
  await simulator.pull(lever, { path: '/api/v2/usergroups', count: 1, ...options })

  expect(await run('groups.list', {})).toMatchObject({ state: 'done', rows: { length: 4 }, error: null })
})

test('while JumpCloud is down, every run says so, and when it is back the next one works', async () => {
  const { simulator, run } = installation
  const down = await simulator.pull('serverError', { status: 503 })
  const away = await simulator.pull('resetBeforeAnswer', { path: '/api/systemusers' })

  const [groups, users] = await Promise.all([run('groups.list', {}), run('users.list', {})])
  await away.release()
  await down.release()

  expect(groups.error).toMatchObject({ code: 'jumpcloud_unavailable', fault: 'jumpcloud', retry: true })
  expect(users.error).toMatchObject({ code: 'jumpcloud_unreachable', fault: 'network', retry: true })
  await expectItWorks()
})

test('a key that is not taken any more is tried once, and the control plane shows it until it works again', async () => {
  const { simulator, run, plane } = installation
  const before = (await simulator.requests()).length
  const rejected = await simulator.pull('answerStatus', { status: 401, json: { message: 'Unauthorized' } })

  const { error } = await run('users.list', {}, { ttlMs: 1000 })
  await rejected.release()

  expect(error).toMatchObject({ code: 'credential_rejected', fault: 'customer' })
  expect((await simulator.requests()).length).toBe(before + 1)
  const agent = async () => JSON.stringify((await plane.caller.ask('GET', '/v1/agents/acme')).body)
  await until(async () => (await agent()).includes('credential_rejected'))
  await expectItWorks()
  await until(async () => (await agent()).includes('"state":"ready"'))
})

// The last one: JumpCloud is obeyed, so nothing is sent for the next minute.
test('fails at once where JumpCloud asks to wait longer than a run can', async () => {
  const { simulator, run } = installation
  await simulator.pull('tooManyRequests', { path: '/api/v2/usergroups', retryAfter: 3600 })

  const { error, tookMs } = await run('groups.list', {})

  expect(error).toMatchObject({ code: 'rate_limited', fault: 'jumpcloud', retry: true })
  expect(tookMs).toBeLessThan(5000)
})
