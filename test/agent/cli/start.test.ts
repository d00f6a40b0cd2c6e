import { chown, cp, readFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { start } from '../../../agent/cli/start.ts'
import { openIdentityFile } from '../../../agent/identity/identity.ts'
import { openHost } from '../../support/cli-host.ts'
import { commandHost } from '../../support/command-host.ts'
import { startPlanePeer } from '../../support/plane-peer.ts'
import { runProgram, startProgram } from '../../support/program.ts'
import { enrolAt } from '../../support/running-agent.ts'
import { until } from '../../support/until.ts'

const file = 'agent/main.ts'

/** Runs `start` and asks it to stop as soon as `when` says so of what it did last: listened for that, or wrote a line. */
async function startAndStop(
  when: (step: string) => boolean,
  prepare = async (_: { readonly at: (name: string) => string }) => {},
): Promise<string> {
  await using plane = await startPlanePeer()
  await using files = await openHost(plane.url)
  await enrolAt(plane, openIdentityFile(files.state))
  await prepare(files)

  const steps: string[] = []
  let stop = () => {}
  const step = (text: string) => {
    steps.push(text)
    if (when(text)) stop()
  }
  const host = commandHost({
    print: step,
    complain: step,
    onStop: (listener) => {
      stop = listener
      step('listening')
    },
  })
  await start({ config: files.at('config.yaml'), state: files.state }, host)
  return steps.join('\n')
}

test('begins nothing where it is stopped before it has opened its files', async () => {
  const said = await startAndStop((step) => step === 'listening')

  expect(said).toBe('listening')
})

test('leaves at once where it is stopped while it is being put together', async () => {
  const said = await startAndStop((step) => step.includes('agent.started'))

  expect(said).toContain('agent.stopped')
})

/** An agent with a session. */
async function startProcess() {
  await using parts = new AsyncDisposableStack()
  const plane = parts.use(await startPlanePeer())
  const host = parts.use(await openHost(plane.url))
  await enrolAt(plane, openIdentityFile(host.state))
  const program = parts.use(startProgram(file, { args: ['start', ...host.flags] }))
  await program.line(({ event }) => event === 'session.opened')
  const owned = parts.move()
  return { plane, host, program, [Symbol.asyncDispose]: () => owned.disposeAsync() }
}

describe('the process', () => {
  test('ends with 2 on a host that is not enrolled, and says what to run', async () => {
    await using host = await openHost()

    const { code, text } = await host.run('start')

    expect(code).toBe(2)
    expect(text).toContain('identity_missing')
    expect(text).toContain('sallyport enrol')
  })

  test('ends with 2 on a slip in the configuration, and names file, line and column', async () => {
    await using host = await openHost()
    await host.configure('conections: {}\n')

    const { code, text } = await host.run('start')

    expect(code).toBe(2)
    expect(text).toMatch(/configuration_invalid: .*config\.yaml.*4/s)
  })

  test('ends with 2 where certificates are not checked', async () => {
    await using host = await openHost()

    const environment = { NODE_TLS_REJECT_UNAUTHORIZED: '0' }
    const { code, text } = await runProgram(file, { args: ['start', ...host.flags], environment })

    expect({ code, text }).toMatchObject({ code: 2, text: expect.stringContaining('NODE_TLS_REJECT_UNAUTHORIZED') })
  })

  test('runs until SIGTERM, then leaves its session and ends with 0', async () => {
    await using running = await startProcess()
    const { program, plane } = running
    const session = await plane.session()

    program.signal('SIGTERM')

    expect(await session.closed).toEqual({ code: 4415, reason: 'left' })
    expect(await program.ended).toBe(0)
  })

  test('ends at the second signal, whatever still waits', async () => {
    await using running = await startProcess()
    const { program, plane } = running
    const session = await plane.session()
    session.run([{ job: 'no.such' }])
    await session.next('refused')

    program.signal('SIGTERM')
    await session.next('leaving')
    program.signal('SIGTERM')

    expect(await program.ended).toBe(0)
  })
})

test('a second agent on a state directory is refused, and one that was killed there is no hindrance', async () => {
  await using running = await startProcess()
  const { host, program: first } = running

  const second = await host.run('start')
  first.signal('SIGKILL')
  await first.ended
  await using third = startProgram(file, { args: ['start', ...host.flags] })
  await third.line(({ event }) => event === 'session.opened')
  third.signal('SIGTERM')

  expect(second.code).toBe(2)
  // Its only line: nothing was recovered, and no session begun.
  expect(second.text).toMatch(/^sallyport: configuration_invalid: start on .*: another agent runs on this .*--state.*$/)
  expect(await third.ended).toBe(0)
})

test('does not believe a journal that was put back from an older copy, until somebody resumes it', async () => {
  await using plane = await startPlanePeer()
  await using host = await openHost(plane.url)
  await enrolAt(plane, openIdentityFile(host.state))
  const journalAtStart = async () => {
    await using program = startProgram(file, { args: ['start', ...host.flags] })
    const { body } = await plane.session()
    await program.line(({ event }) => event === 'session.opened')
    program.signal('SIGTERM')
    expect(await program.ended).toBe(0)
    return body.journal
  }
  const states = [await journalAtStart()]

  await cp(host.at('journal.db'), host.at('copy'))
  states.push(await journalAtStart())
  await cp(host.at('copy'), host.at('journal.db'))
  states.push(await journalAtStart(), await journalAtStart())
  const { text } = await host.run('resume')
  states.push(await journalAtStart())

  expect(states).toEqual(['ok', 'ok', 'lost', 'lost', 'ok'])
  expect(text).toContain('(an older copy lies in its place)')
})

test.each(['SIGTERM', 'SIGINT'] as const)(
  'ends with 0 by a %s that comes long before the agent is up',
  async (name) => {
    await using plane = await startPlanePeer()
    await using host = await openHost(plane.url)
    await enrolAt(plane, openIdentityFile(host.state))
    const telling = `process.on('newListener', (name) => name === '${name}' && process.stdout.write('{"hears":true}\\n'))`
    const environment = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(telling)}` }
    await using program = startProgram(file, { args: ['start', ...host.flags], environment })
    await program.line(({ hears }) => hears === true)

    program.signal(name)

    expect(await program.ended).toBe(0)
    expect(program.lines).toEqual(['{"hears":true}'])
  },
)

test('ends at once also while its connection to the plane is being made, and comes to nothing', async () => {
  await using hole = startProgram('test/support/hole-program.ts')
  const { port } = await hole.line((line) => 'port' in line)
  await using plane = await startPlanePeer()
  await using host = await openHost(`http://127.0.0.1:${port}`)
  await enrolAt(plane, openIdentityFile(host.state))
  const before = await connectingTo(Number(port))
  await using program = startProgram(file, { args: ['start', ...host.flags] })
  await until(async () => (await connectingTo(Number(port))) > before)

  const askedAt = performance.now()
  program.signal('SIGTERM')

  expect(await program.ended).toBe(0)
  expect(performance.now() - askedAt).toBeLessThan(5000)
})

/** Connections of this machine to a port that are not made yet (`SYN_SENT` in Linux's table). */
async function connectingTo(port: number): Promise<number> {
  const remote = `:${port.toString(16).toUpperCase().padStart(4, '0')} 02 `
  return (await readFile('/proc/net/tcp', 'utf8')).split(remote).length - 1
}

test('warns once of a configuration that somebody else may change, and so does policy check', async () => {
  const isRoot = process.getuid?.() === 0
  // Anybody else may not give it away, and there is nobody to warn of then.
  const give = ({ at }: { readonly at: (name: string) => string }) =>
    chown(at('config.yaml'), 54_321, 54_321).catch(() => {})
  const warning = /config\.yaml belongs to user 54321, who is neither root nor the user of the agent/g
  await using files = await openHost()
  await give(files)

  const started = await startAndStop((step) => step.includes('session.opened'), give)
  const checked = await files.run('policy', 'check')

  expect(started.match(warning) ?? []).toHaveLength(isRoot ? 1 : 0)
  expect(checked.code).toBe(0)
  expect(checked.text.match(warning) ?? []).toHaveLength(isRoot ? 1 : 0)
})
