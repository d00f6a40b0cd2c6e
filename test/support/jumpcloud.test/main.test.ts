import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('../jumpcloud/main.ts', import.meta.url))

interface Running extends AsyncDisposable {
  readonly child: ChildProcess
  readonly url: string
  readonly controlUrl: string
  readonly key: string
}

async function startMain(...args: readonly string[]): Promise<Running> {
  const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
  const [line] = await once(createInterface({ input: child.stdout }), 'line')
  const ended = once(child, 'exit')
  return {
    ...JSON.parse(line),
    child,
    [Symbol.asyncDispose]: async () => {
      child.kill('SIGKILL')
      await ended
    },
  }
}

async function desk({ controlUrl }: Running, line: string, body?: object): Promise<unknown> {
  const [method = 'GET', path] = line.split(' ')
  const answer = await fetch(`${controlUrl}${path}`, {
    method,
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  return answer.json()
}

const users = ({ url, key }: Running) => fetch(`${url}/api/systemusers`, { headers: { 'x-api-key': key } })

test('runs as a process of its own, steered and questioned over its control port', async () => {
  await using running = await startMain('--users', '12', '--groups', '3', '--seed', 'process')

  expect(await desk(running, 'POST /levers', { lever: 'serverError', options: { status: 502, count: 1 } })).toEqual({
    id: 1,
  })
  const statuses = [(await users(running)).status, (await users(running)).status]

  expect(statuses).toEqual([502, 200])
  expect(await desk(running, 'POST /levers/1/release')).toEqual({ used: 1 })
  expect(await desk(running, 'GET /requests')).toMatchObject([
    { path: '/api/systemusers', status: 502 },
    { status: 200 },
  ])
  expect(Object(await desk(running, 'GET /state')).organizations[0].users).toHaveLength(12)
  expect(await desk(running, 'POST /levers', { lever: 'serverError', options: { colour: 'red' } })).toMatchObject({
    message: expect.stringContaining('colour'),
  })
})

test('ends when it is told to', async () => {
  await using running = await startMain('--users', '1')

  running.child.kill('SIGTERM')

  expect(await once(running.child, 'exit')).toEqual([0, null])
})

test('ends with the process that held its stdin', async () => {
  await using running = await startMain('--users', '1')

  running.child.stdin?.end()

  expect(await once(running.child, 'exit')).toEqual([0, null])
})
