// README.md and docs/ name commands, files and settings that there are; what runs anywhere is run, with the files that the README shows.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { run } from '../agent/cli/run.ts'
import { readConfiguration } from '../agent/configuration/configuration.ts'
import { jobEffects } from '../agent/policy/job-effects.ts'
import { readPolicyFile } from '../agent/policy/policy-file.ts'
import { commandHost } from './support/command-host.ts'
import { blocksIn, commandsIn, type DocumentedCommand } from './support/documented-commands.ts'
import { unknownIn } from './support/program-help.ts'
import { root } from './support/source/source-files.ts'

const pages = ['README.md', ...readdirSync(join(root, 'docs')).map((name) => `docs/${name}`)].filter((path) =>
  path.endsWith('.md'),
)
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const commands = pages.flatMap((page) => commandsIn(read(page)).map((command) => ({ ...command, page })))
const of = (...programs: readonly string[]) => commands.filter(({ program }) => programs.includes(program))
const isThere = (path: string) => existsSync(join(root, path))
const { scripts, version } = z
  .object({ version: z.string(), scripts: z.record(z.string(), z.string()) })
  .parse(JSON.parse(read('package.json')))

/** What others have made, and which a host or a person's machine has. */
const ofOthers =
  /^(apt|curl|df|dpkg|getent|install|journalctl|kubectl|openssl|rm|sha256sum|systemctl|systemd-(analyze|creds)|tar|timedatectl|chmod|chown|unset|vi)$/

describe('commands', () => {
  test('are found in the README and in what is said of operations', () => {
    const counts = ['README.md', 'docs/operations.md'].map((page) => commands.filter((one) => one.page === page).length)

    expect(counts[0]).toBeGreaterThan(20)
    expect(counts[1]).toBeGreaterThan(45)
  })

  test.each(of('sallyport', 'sallyport-control'))('$page: $text is there, with its flags', async (command) => {
    expect(await unknownIn(command.program, command.words)).toEqual([])
  })

  test.each([
    ['setup --plaine URL', '--plaine'],
    ['polizy check', 'polizy'],
    ['policy chek', 'chek'],
  ])('sallyport %s would be noticed', async (text, unknown) => {
    expect(await unknownIn('sallyport', text.split(' '))).toEqual([unknown])
  })

  test.each(of('npm'))('$page: $text is a script of the repository', ({ words }) => {
    const [script = '', ...flags] = words.filter((word) => !/^(run|-s|--)$/.test(word))

    expect(Object.keys(scripts)).toContain(script)
    const sources = [`scripts/${script}.ts`, `scripts/${script}/options.ts`].filter(isThere).map(read).join('')
    const named = flags.filter((flag) => flag.startsWith('--')).map((flag) => flag.slice(2))
    expect(named.filter((flag) => !new RegExp(`\\b'?${flag}'?: `).test(sources))).toEqual([])
  })

  test.each(of('docker'))('$page: $text names files, targets and services that there are', async ({ words }) => {
    const [verb, ...rest] = words
    if (verb === 'build') return expect(missingOfBuild(rest)).toEqual([])
    // `test/install/container.test.ts` has them.
    if (verb === 'load' || verb === 'tag') return

    expect(verb).toBe('compose')
    expect(await missingOfCompose(rest)).toEqual([])
  })

  test('the rest are those of a host', () => {
    const strangers = commands.filter(({ program }) => !/^(sallyport(-control)?|npm|docker)$/.test(program))

    expect(strangers.filter(({ program }) => !ofOthers.test(program)).map(({ text }) => text)).toEqual([])
  })
})

function missingOfBuild(words: readonly string[]): readonly string[] {
  const file = after(words, '-f')
  if (!isThere(file)) return [file]
  const target = words.includes('--target') ? after(words, '--target') : 'agent'
  return new RegExp(`^FROM .* AS ${target}$`, 'm').test(read(file)) ? [] : [target]
}

/** `run SERVICE …` goes to the program of the image, `exec SERVICE PROGRAM …` to one that is named. */
async function missingOfCompose(words: readonly string[]): Promise<readonly string[]> {
  if (!words.includes('-f')) return words[0] === 'stop' ? [] : ['-f']
  const file = after(words, '-f')
  if (!isThere(file)) return [file]
  const [verb = '', ...rest] = words.slice(words.indexOf('-f') + 2)
  if (!/^(up|down|run|exec|stop)$/.test(verb)) return [verb]
  if (!/^(run|exec)$/.test(verb)) return []
  const [service = '', ...given] = rest.filter((word) => word !== '--rm')
  if (!new RegExp(`^  ${service}:$`, 'm').test(read(file))) return [service]
  return await unknownIn('sallyport', verb === 'run' ? given : given.slice(1))
}

const after = (words: readonly string[], flag: string) => words[words.indexOf(flag) + 1] ?? ''

/** What a person puts beside the compose files. */
const ofPerson = /^packaging\/container\/(etc|secrets)\//

describe('files', () => {
  test.each(pages)('%s names those that there are', (page) => {
    const links = [...read(page).matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, to = '']) => join(dirname(page), to))
    const named = [
      ...read(page).matchAll(/[` ]((?:agent|control-plane|docs|packaging|protocol|scripts|test)\/[\w./-]*\w)/g),
    ]

    const paths = [...links, ...named.map(([, to = '']) => to)]
    expect(paths.filter((path) => !isThere(path) && !ofPerson.test(path))).toEqual([])
  })

  test('packages are of this version, or of any', () => {
    const versions = pages.flatMap((page) =>
      [...read(page).matchAll(/sallyport[_-](\d[\w.]*\d)[_-]/g)].map(([, is]) => is),
    )

    expect([...new Set(versions)]).toEqual([version])
  })
})

describe('the files that the README shows', () => {
  const [config = '', policy = ''] = blocksIn(read('README.md'), 'yaml')
  const runnable = of('sallyport').filter(
    ({ page, text }) => page === 'README.md' && /^sallyport (egress|policy (check|test .*))$/.test(text),
  )

  test.each([{ text: 'sallyport --version', words: ['--version'] }, ...runnable])(
    '$text runs with them',
    async (command) => {
      await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-readme-'))
      const paths = { config: join(directory.path, 'config.yaml'), policy: join(directory.path, 'policy.yaml') }
      await writeFile(paths.config, config)
      await writeFile(paths.policy, policy)
      const flags = ['--config', paths.config, '--policy', paths.policy, '--state', directory.path]

      const said = await saidBy(command, command.words[0] === '--version' ? [] : flags)

      expect(said).toMatchObject({ code: 0, complaints: [] })
      expect(said.lines.join('\n')).toMatch(expected[command.words[0] ?? ''] ?? /^$/)
    },
  )

  test('what is run is not nothing', () => {
    expect(new Set(runnable.map(({ words }) => words.slice(0, 2).join(' ')))).toEqual(
      new Set(['policy check', 'policy test', 'egress']),
    )
  })

  test('take the settings that the page of operations adds', () => {
    const [listen = ''] = blocksIn(read('docs/operations.md'), 'yaml')

    expect(readConfiguration(`${config}${listen}`, 'config.yaml').listen.metrics?.port).toBeGreaterThan(0)
  })

  test.each(['docs/credentials.md', 'docs/egress.md'])('%s shows a configuration that the agent takes', (page) => {
    const [shown = ''] = blocksIn(read(page), 'yaml')

    expect(Object.keys(readConfiguration(shown, page).connections)).toContain('main')
  })

  test('docs/policy.md shows a policy that the agent takes', () => {
    const [shown = ''] = blocksIn(read('docs/policy.md'), 'yaml')

    expect(readPolicyFile(shown, 'docs/policy.md', { jobs: jobEffects(), connections: ['main'] }).replicas).toBe(2)
  })

  const expected: Readonly<Record<string, RegExp>> = {
    '--version': new RegExp(`^${RegExp.escape(version)}$`),
    egress: /^ *control\.example\.com:443 .*\n *console\.jumpcloud\.com:443 /m,
    policy: /valid, digest .*groups\.members\.remove$|^allowed by /,
  }
})

async function saidBy({ words }: Pick<DocumentedCommand, 'words'>, flags: readonly string[]) {
  const lines: string[] = []
  const complaints: string[] = []
  const host = commandHost({ print: (line) => lines.push(line), complain: (line) => complaints.push(line) })
  const code = await run(['node', 'sallyport', ...words, ...flags], host)
  return { code, lines, complaints }
}
