// Stories of an installed Debian host: a person at its terminal, with what the README tells them to type.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { blocksIn } from '../../support/documented-commands.ts'
import { type InstalledWorld, version } from '../../support/installed-agent.ts'
import { root } from '../../support/source/source-files.ts'
import { keys, openTerminal } from '../../support/terminal.ts'

type Answers = readonly (readonly [question: RegExp, typed: string])[]

const limitMs = 180_000
const wrongKey = 'jca_0123456789abcdef0123456789abcdef01234567'
const asks = {
  code: /One-time code\?/,
  region: /Where do you open/,
  key: /JumpCloud API key\?/,
  organisation: /Which one is this for/,
}
const { enter, down, interrupt } = keys

/** Those of "Install" in the README. */
async function documentedCommands(): Promise<readonly (readonly string[])[]> {
  const readme = await readFile(join(root, 'README.md'), 'utf8')
  const [block = ''] = blocksIn(readme.slice(readme.indexOf('## Install')), '')
  const lines = block.trim().split('\n')
  return lines.map((line) => line.replace(/\s+#.*/, '').split(' '))
}

async function typeAt({ host }: InstalledWorld, command: readonly string[], answers: Answers = []) {
  await using terminal = openTerminal(host.enter('env', '--chdir=/srv', ...command))
  for (const [question, typed] of answers) await terminal.answer(question, typed)
  return { code: await terminal.ended, shown: terminal.shown() }
}

export function person(world: () => InstalledWorld): void {
  const setup = () => ['sallyport', 'setup', '--plane', world().plane.url]
  const atSimulator = () => [...setup(), '--base-url', world().simulator.url]

  test('a wrong code, a wrong region, a wrong key and Ctrl-C change nothing, and are told', async () => {
    const { host, write, install } = world()
    await install(version)
    const code = await world().code()
    // Whatever is tried at JumpCloud stays on this host.
    const consoles = ['', 'eu.', 'in.'].map((region) => `console.${region}jumpcloud.com`)
    await write('/etc/hosts', `127.0.0.1 ${consoles.join(' ')}\n`, 0o644)

    const slips = [
      await typeAt(world(), setup(), [[asks.code, `spc1.half-of-it${enter}`]]),
      await typeAt(world(), setup(), [
        [asks.code, `${code}${enter}`],
        [asks.region, `${down}${enter}`],
        [asks.key, `${wrongKey}${enter}`],
      ]),
      await typeAt(world(), atSimulator(), [
        [asks.code, `${code}${enter}`],
        [asks.key, `${wrongKey}${enter}`],
      ]),
      await typeAt(world(), atSimulator(), [
        [asks.code, `${code}${enter}`],
        [asks.key, interrupt],
      ]),
    ]

    expect(slips).toEqual([
      { code: 2, shown: expect.stringMatching(/code_malformed: .*sallyport-control code create/) },
      { code: 1, shown: expect.stringMatching(/DNS leads console\.eu\.jumpcloud\.com to 127\.0\.0\.1/) },
      { code: 1, shown: expect.stringMatching(/credential_rejected: .*JumpCloud answered 401/) },
      { code: 2, shown: expect.stringMatching(/JumpCloud API key; and no answer was given.*Nothing was changed/) },
    ])
    const all = slips.map(({ shown }) => shown).join('\n')
    expect(all).not.toMatch(/DNS leads console\.(in\.)?jumpcloud\.com/)
    for (const secret of [wrongKey, code, 'half-of-it']) expect(all).not.toContain(secret)
    expect(await host.run('find', '/etc/sallyport', '/var/lib/private', '-type', 'f')).toBe('')
    await host.run('sallyport', 'uninstall', '--purge')
    await host.run('rm', '/etc/hosts')
    expect(await world().traces()).toEqual([])
  })

  test('three commands bring a package to work in less than three minutes, and what is secret is not shown', async ({
    annotate,
  }) => {
    const { host, simulator, read } = world()
    const code = await world().code()
    const [install = [], , doctor = [], ...more] = await documentedCommands()
    const startedAt = performance.now()

    const installed = await typeAt(world(), install)
    const { shown, ...setUp } = await typeAt(world(), atSimulator(), [
      [asks.code, `${code}${enter}`],
      [asks.key, `${simulator.keyOfAll}${enter}`],
      [asks.organisation, `${down}${enter}`],
    ])
    const looked = await typeAt(world(), doctor)
    const tookMs = performance.now() - startedAt

    await annotate(`from the package to doctor in ${(tookMs / 1000).toFixed(1)} s`)
    expect(more).toEqual([])
    expect([installed.code, setUp.code, looked.code], `${installed.shown}${shown}${looked.shown}`).toEqual([0, 0, 0])
    expect(tookMs).toBeLessThan(limitMs)
    const organisations = [...new Set([...shown.matchAll(/\(([0-9a-f]{24})\)/g)].map(([, id = '']) => id))]
    expect(organisations).toHaveLength(2)
    const configuration = await host.run('cat', '/etc/sallyport/config.yaml')
    expect(configuration).toContain(`organisationId: "${organisations[1]}"`)
    expect(shown).toMatch(
      /ok {3}the service runs, is enabled for the next boot, and has its session\r\nnext sallyport doctor/,
    )
    expect(looked.shown).toMatch(/RESULT (ok|warn)\r\nFAILED_CHECKS/)
    for (const secret of [simulator.keyOfAll, code]) expect(`${shown}${looked.shown}`).not.toContain(secret)
    expect(await read()).toBe('done')
  })
}
