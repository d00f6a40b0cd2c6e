import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { createNarrator } from '../../scripts/demo/narrate.ts'
import { realPolicy, realSteps } from '../../scripts/demo/real-steps.ts'
import { startInstallation } from '../support/installation.ts'
import { linesOf } from '../support/plane-caller.ts'
import { runProgram, startProgram } from '../support/program.ts'

const demo = 'scripts/demo.ts'

/** Whether any process is left of the group that the program led. */
function isAnyoneLeft(leader: number): boolean {
  try {
    return process.kill(-leader, 0)
  } catch {
    return false
  }
}

test('shows the main job from end to end in a few seconds, and leaves no process behind', async () => {
  const startedAt = performance.now()
  await using program = startProgram(demo, { args: ['--json'], ownGroup: true })

  expect(await program.ended).toBe(0)

  expect(isAnyoneLeft(program.pid)).toBe(false)
  expect(performance.now() - startedAt).toBeLessThan(15_000)
  const tookMs = expect.any(Number)
  expect(linesOf(program.lines.join('\n'))).toEqual([
    { step: 'start', ok: true, outcome: expect.stringContaining('enrolled and connected'), tookMs },
    { step: 'list groups', ok: true, outcome: expect.stringMatching(/^12 groups: All Users, /), rows: 12, tookMs },
    { step: 'add a member', ok: true, outcome: expect.stringMatching(/^applied: /), tookMs },
    { step: 'add it again', ok: true, outcome: expect.stringMatching(/^already: /), tookMs },
    {
      step: 'be refused',
      ok: true,
      outcome: expect.stringMatching(/^refused: groups\.members\.add may not change group /),
      rule: 'policy.yaml connections.main.groups.allow',
    },
    { step: 'remove the member', ok: true, outcome: expect.stringMatching(/^applied: /), tookMs },
    { step: 'pull events', ok: true, outcome: expect.stringContaining('2 show the member'), rows: 2, tookMs },
    {
      step: 'prove the key stayed',
      ok: true,
      outcome: 'the key is in nothing that the control plane received',
      searchedBytes: expect.any(Number),
      formsSearched: 15,
      found: 0,
      seesWhatWasSent: true,
    },
  ])
})

test('stays up with --keep, prints lines that work when they are pasted, and ends with Ctrl-C', async () => {
  await using program = startProgram(demo, { args: ['--keep'], ownGroup: true })
  const [, authorization = '', url = ''] = await program.text(
    /curl -s -H "Authorization: (.+?)" (\S+\/v1\/agents\/acme)$/,
  )

  const answer = await fetch(url, { headers: { authorization } })
  process.kill(-program.pid, 'SIGINT')

  expect(await answer.json()).toMatchObject({ name: 'acme', connectedCount: 1 })
  expect(await program.ended).toBe(0)
  expect(isAnyoneLeft(program.pid)).toBe(false)
  await expect(fetch(url)).rejects.toThrow()
})

test.each([
  [['--token-file', 'key'], 'go together'],
  [['--region', 'us'], 'go together'],
  [['--token-file', 'key', '--region', 'mars'], 'go together'],
  [['--token-file', '/nowhere/key', '--region', 'us'], 'file /nowhere/key: there is no such file'],
  [['--fast'], '--fast'],
])('ends with 2 before anything is started, and says why: %s', async (args, why) => {
  const { code, text } = await runProgram(demo, { args })

  expect(code).toBe(2)
  expect(text).toMatch(/^demo: .+$/)
  expect(text).toContain(why)
})

test('reads a JumpCloud that it must not change, and shows what fails there as failed', async () => {
  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-story-'))
  await using installation = await startInstallation({
    directory: directory.path,
    sizes: { users: 5, groups: 4, events: 3 },
    policy: () => realPolicy,
  })
  const printed: string[] = []
  const narrator = createNarrator({ json: true, print: (line) => printed.push(line) })
  const steps = async () => {
    for (const step of realSteps) await step(installation, narrator)
    return printed.splice(0).map((line) => JSON.parse(line))
  }

  const works = await steps()
  await installation.simulator.pull('revokeKey', { key: installation.simulator.key })
  const fails = await steps()

  expect(works.map(({ step, ok }) => [step, ok])).toEqual([
    ['organisation', true],
    ['list groups', true],
    ['list users', true],
    ['pull events', true],
    ['be refused', true],
  ])
  expect(fails.map(({ ok, code }) => [ok, code]).slice(0, 4)).toEqual(Array(4).fill([false, 'credential_rejected']))
  expect(await installation.simulator.mutations()).toEqual([])
})
