// The unit as a file, without a host: how exposed systemd finds what runs under it.

import { execFile } from 'node:child_process'
import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { blocksIn } from '../support/documented-commands.ts'

const unit = 'packaging/systemd/sallyport.service'
const run = promisify(execFile)

test('systemd finds its exposure to be 1.1 at most', async () => {
  const { stdout } = await run('systemd-analyze', ['security', '--offline=yes', '--threshold=11', '--no-pager', unit])

  expect(stdout).toMatch(/Overall exposure level for sallyport\.service: (0\.\d|1\.[01])/)
})

test('the gate is one: without a line of the unit it is over that', async () => {
  const text = await readFile(unit, 'utf8')
  expect(text).toContain('PrivateUsers=yes\n')
  const weaker = [
    '-c',
    'sed /PrivateUsers/d "$0" > "$1/sallyport.service" && systemd-analyze security --offline=yes --threshold=11 --no-pager "$1/sallyport.service"',
  ]

  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-unit-'))
  await expect(run('sh', [...weaker, unit, directory.path])).rejects.toMatchObject({ code: 1 })
})

test('systemd knows each line that docs/hardening.md says may be added, and finds no more exposure for it', async () => {
  const additions = blocksIn(await readFile('docs/hardening.md', 'utf8'), 'ini')
  await using directory = await mkdtempDisposable(join(tmpdir(), 'sallyport-unit-'))
  const file = join(directory.path, 'sallyport.service')
  const verified = async (added: string) => {
    const text = await readFile(unit, 'utf8')
    await writeFile(file, `${text.replace(/^ExecStart=.*/m, 'ExecStart=/bin/true')}\n${added}`)
    const { stderr } = await run('systemd-analyze', ['verify', '--man=no', file])
    return stderr.split('\n').filter((line) => line.startsWith(file))
  }

  expect(additions.length).toBeGreaterThan(3)
  expect(await verified(additions.join('\n'))).toEqual([])
  await run('systemd-analyze', ['security', '--offline=yes', '--threshold=11', '--no-pager', file])
  expect(await verified('[Service]\nMemoryMost=1G\n')).toEqual([expect.stringContaining('MemoryMost')])
})

test('it is started again however often it failed, unless its configuration is wrong', async () => {
  const lines = (await readFile(unit, 'utf8')).split('\n')

  expect(lines).toEqual(
    expect.arrayContaining(['Restart=on-failure', 'StartLimitIntervalSec=0', 'RestartPreventExitStatus=2']),
  )
  expect(lines.filter((line) => line.startsWith('StartLimitBurst'))).toEqual([])
})

test('it is told by the agent alone, is watched, and gives it its secrets as credentials', async () => {
  const lines = (await readFile(unit, 'utf8')).split('\n')

  expect(lines).toEqual(
    expect.arrayContaining([
      'Type=notify',
      'NotifyAccess=main',
      expect.stringMatching(/^WatchdogSec=\d+s$/),
      expect.stringMatching(/^LoadCredential=credentials:\//),
      'DynamicUser=yes',
      'LimitCORE=0',
      'StateDirectoryMode=0700',
      'RuntimeDirectoryMode=0700',
    ]),
  )
})
