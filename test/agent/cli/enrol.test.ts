import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { openHost } from '../../support/cli-host.ts'
import { startPlaneProgram } from '../../support/plane-program.ts'

test('enrols at the control plane of the configuration, with a code from a file, and once', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'sallyport-enrol-'))
  await using plane = await startPlaneProgram({ directory: folder.path, agent: 'acme' })
  await using host = await openHost(plane.url)
  const codeFile = host.at('code')
  await writeFile(codeFile, `${(await plane.command('code', 'create', 'acme')).code}\n`)
  const words = ['enrol', '--once', '--code-file', codeFile]

  const enrolled = await host.run(...words)
  const identity = await readFile(host.at('identity.json'), 'utf8')
  await writeFile(codeFile, 'gone')
  const again = await host.run(...words)
  const elsewhere = await host.run(...words, '--plane', 'https://other.example')
  const anew = await host.run('enrol', '--code-file', codeFile)

  expect(enrolled).toEqual({ code: 0, text: expect.stringMatching(/^enrolled as replica \S+ of agent acme at /) })
  expect(again).toEqual({ code: 0, text: enrolled.text.replace('enrolled', 'was enrolled already') })
  expect(elsewhere).toEqual({ code: 0, text: expect.stringContaining(again.text) })
  expect(elsewhere.text).toContain('https://other.example has to be another address of the same control plane')
  expect(await readFile(host.at('identity.json'), 'utf8')).toBe(identity)
  expect(anew).toMatchObject({ code: 2, text: expect.stringContaining('code_malformed') })
})

test('says that it needs a code, and which file it cannot read', async () => {
  await using host = await openHost()

  for (const codes of [[], ['--code', 'spc1', '--code-file', '/nowhere/code']]) {
    expect(await host.run('enrol', ...codes)).toMatchObject({
      code: 2,
      text: expect.stringContaining('name one of --code and --code-file, and not both'),
    })
  }
  expect((await host.run('enrol', '--code-file', '/nowhere/code')).text).toContain(
    'read /nowhere/code: there is no such file; name the right one',
  )
})
