import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { describe, expect, test } from 'vitest'
import { openIdentityFile } from '../../agent/identity/identity.ts'
import { openHost } from '../support/cli-host.ts'
import { startPlanePeer } from '../support/plane-peer.ts'
import { runProgram } from '../support/program.ts'
import { deadUrl } from '../support/raw-server.ts'
import { enrolAt } from '../support/running-agent.ts'

const file = 'agent/main.ts'

describe('usage', () => {
  test('ends with 2 on a flag or a command that there is not, and says which', async () => {
    const [flag, command] = await Promise.all([
      runProgram(file, { args: ['start', '--confg', 'x'] }),
      runProgram(file, { args: ['strat'] }),
    ])

    expect(flag).toMatchObject({ code: 2, text: expect.stringContaining("unknown option '--confg'") })
    expect(command).toMatchObject({ code: 2, text: expect.stringContaining("unknown command 'strat'") })
  })

  test('says its version and ends with 0', async () => {
    expect(await runProgram(file, { args: ['--version'] })).toMatchObject({ code: 0, text: '0.1.0' })
  })
})

describe('enrol', () => {
  test('reads the code from its input, and says who it is now', async () => {
    await using plane = await startPlanePeer()
    await using host = await openHost()
    const args = ['enrol', '--plane', plane.url, '--code', '-', '--json', '--state', host.at('new')]

    const { code, text } = await runProgram(file, { args, input: `${plane.makeCode().text}\n` })

    expect({ code, said: JSON.parse(text) }).toEqual({
      code: 0,
      said: { agent: 'acme', replica: 'replica-1', plane: 'plane-1' },
    })
    expect((await openIdentityFile(host.at('new')).read()).replica).toBe('replica-1')
  })

  test('takes a code that was broken into lines on its way, and says which replica it replaces', async () => {
    await using plane = await startPlanePeer()
    await using host = await openHost()
    const args = ['enrol', '--plane', plane.url, '--code', '-', '--state', host.at('new')]
    const enrolWith = (input: string) => runProgram(file, { args, input })
    const { text: code } = plane.makeCode()

    const first = await enrolWith(`  ${code.slice(0, 40)}\r\n${code.slice(40)}\n`)
    const identityFile = openIdentityFile(host.at('new'))
    await identityFile.write({ ...(await identityFile.read()), replica: 'replica-0' })
    const second = await enrolWith(plane.makeCode().text)

    expect(first).toEqual({ code: 0, text: expect.stringMatching(/^enrolled as replica replica-1 /) })
    expect(second).toMatchObject({ code: 0, text: expect.stringContaining('replica replica-0 of agent acme, which') })
  })

  test('ends with 2 on a text that is no code and never repeats it, and with 1 where nobody answers', async () => {
    await using host = await openHost()
    const enrolWith = (url: string, code: string) =>
      runProgram(file, { args: ['enrol', '--plane', url, '--code', code, '--state', host.state] })
    const secret = 's'.repeat(43)

    const [malformed, away, address] = await Promise.all([
      enrolWith('http://127.0.0.1:9', `spc1.short.${secret}`),
      enrolWith(await deadUrl(), `spc1.${'i'.repeat(16)}.${secret}.${'f'.repeat(43)}`),
      enrolWith('plane.example', 'x'),
    ])

    expect(malformed).toMatchObject({ code: 2, text: expect.stringContaining('sallyport: code_malformed: ') })
    expect(away).toMatchObject({ code: 1, text: expect.stringContaining('sallyport: plane_unreachable: ') })
    expect(address).toMatchObject({ code: 2, text: expect.stringContaining('--plane: this must be an https URL') })
    expect(malformed.text + away.text).not.toContain(secret)
  })
})

describe('an output that nobody reads any more', () => {
  test('ends nothing', async () => {
    await using plane = await startPlanePeer()
    await using host = await openHost(plane.url)
    await enrolAt(plane, openIdentityFile(host.state))
    using agent = spawn(process.execPath, [file, 'start', ...host.flags], { stdio: ['ignore', 'pipe', 'pipe'] })
    agent.stdout.destroy()
    agent.stderr.destroy()
    const exited = once(agent, 'exit')
    const session = await plane.session()

    agent.kill('SIGTERM')

    expect(await session.closed).toEqual({ code: 4415, reason: 'left' })
    expect(await exited).toEqual([0, null])
  })
})

describe('deregister', () => {
  test('says goodbye, and forgets who it was once the plane has confirmed', async () => {
    await using plane = await startPlanePeer()
    await using host = await openHost(plane.url)
    await enrolAt(plane, openIdentityFile(host.state))

    const ended = host.run('deregister')
    const session = await plane.session()
    await session.next('goodbye')
    session.close(4416, 'deregistered')

    expect(await ended).toMatchObject({ code: 0, text: expect.stringContaining('deregistered') })
    expect(existsSync(openIdentityFile(host.state).path)).toBe(false)
  })

  test('ends with 1 and keeps the identity where the plane does not confirm, or is away', async () => {
    await using plane = await startPlanePeer()
    await using host = await openHost(plane.url)
    await enrolAt(plane, openIdentityFile(host.state))

    const ended = host.run('deregister')
    const session = await plane.session()
    await session.next('goodbye')
    session.close(1012)
    const unconfirmed = await ended
    await plane[Symbol.asyncDispose]()
    const away = await host.run('deregister')

    expect(unconfirmed).toMatchObject({ code: 1, text: expect.stringContaining('not confirmed') })
    expect(away).toMatchObject({ code: 1, text: expect.stringContaining('plane_unreachable') })
    expect(existsSync(openIdentityFile(host.state).path)).toBe(true)
  })
})

describe('policy check', () => {
  test('says what is in force, and ends with 2 on a job that there is not', async () => {
    await using host = await openHost()
    const policy = host.at('policy.yaml')
    const write = (job: string) => writeFile(policy, `version: 1\nconnections:\n  main:\n    allow: [${job}]\n`)

    const without = await host.run('policy', 'check')
    await write('groups.list')
    const valid = await host.run('policy', 'check', '--policy', policy)
    await write('groups.lits')
    const wrong = await host.run('policy', 'check', '--policy', policy)

    expect(without).toMatchObject({
      code: 0,
      text: expect.stringContaining('no policy file at /etc/sallyport/policy.yaml: plain reads alone'),
    })
    expect(valid).toMatchObject({
      code: 0,
      text: expect.stringMatching(/valid, digest [0-9a-f]{64}; jobs: groups\.list/),
    })
    expect(wrong).toMatchObject({ code: 2, text: expect.stringContaining('policy_invalid') })
  })
})

test('panic works with a configuration that is broken, and ends with 2 where there is no state directory', async () => {
  await using host = await openHost()
  await writeFile(host.at('config.yaml'), 'plane: {')
  await writeFile(host.at('identity.json'), '{}')

  const raised = await host.run('panic')
  const isRaised = existsSync(host.at('panic'))
  const lifted = await host.run('panic', '--lift')
  const nowhere = await runProgram(file, { args: ['panic', '--state', host.at('nowhere')] })

  expect([raised.code, lifted.code, isRaised, existsSync(host.at('panic'))]).toEqual([0, 0, true, false])
  expect(raised.text).toContain('everything is denied from now on')
  expect(nowhere).toMatchObject({ code: 2, text: expect.stringContaining('ENOENT') })
})

test('panic where no agent is enrolled denies there too, and says that it reached none', async () => {
  await using host = await openHost()

  const raised = await host.run('panic')

  expect(raised).toMatchObject({ code: 2, text: expect.stringContaining('none that runs was reached') })
  expect(existsSync(host.at('panic'))).toBe(true)
})

test('resume lets writes go on after a journal was lost and begun anew, and says where it lies', async () => {
  await using host = await openHost()
  const aside = host.at('journal.corrupt-2026-01-02.db')
  const mark = { at: Date.UTC(2026, 0, 2), aside, why: 'damaged', isMoved: true }
  await writeFile(host.at('journal.lost'), JSON.stringify(mark))

  const early = await host.run('resume')
  await writeFile(host.at('journal.db'), 'begun anew')
  const [first, second] = [await host.run('resume'), await host.run('resume')]

  expect(early).toMatchObject({ code: 1, text: expect.stringContaining('not set aside and begun anew yet') })
  expect([first.code, second.code]).toEqual([0, 0])
  expect(first.text).toContain(`lost on 2026-01-02T00:00:00.000Z (damaged). It is kept as ${aside}`)
  expect(second.text).toContain('no journal was lost')
})
