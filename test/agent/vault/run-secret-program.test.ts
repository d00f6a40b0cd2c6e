import { mkdtempDisposable, readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { systemClock } from '../../../agent/ports/clock.ts'
import { runSecretProgram } from '../../../agent/vault/run-secret-program.ts'
import { createFakeClock } from '../../support/fake-clock.ts'
import { until } from '../../support/until.ts'

const timeoutMs = 5000
const shell = (script: string, environment: readonly string[] = []) =>
  ({ command: ['/bin/sh', '-c', script], environment, timeoutMs }) as const

const isAlive = (pid: number) =>
  readFile(`/proc/${pid}/stat`, 'utf8').then(
    (stat) => !/\) Z /.test(stat),
    () => false,
  )

/** Whoever asked is answered before a killed program has been seen to end. */
const untilReaped = () => until(() => !process.getActiveResourcesInfo().includes('ProcessWrap'))

test('gives the program PATH and the variables that are listed, and no other', async () => {
  const environment = { PATH: '/usr/bin:/bin', VAULT_ADDR: 'https://vault', SALLYPORT_TOKEN: 'jca_secret' }

  const end = await runSecretProgram(shell('env', ['VAULT_ADDR']), { environment, clock: systemClock })

  expect(end).toMatchObject({ ok: true, text: expect.stringContaining('VAULT_ADDR=https://vault') })
  expect(JSON.stringify(end)).not.toContain('SALLYPORT_TOKEN')
})

test('hands arguments on as they are, to no shell', async () => {
  const program = { command: ['/bin/echo', '$HOME; id'], environment: [], timeoutMs } as const

  expect(await runSecretProgram(program, { environment: {}, clock: systemClock })).toEqual({
    ok: true,
    text: '$HOME; id\n',
  })
})

test('ends it and its children when its time is over', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'sallyport-exec-'))
  const note = join(folder.path, 'pid')
  const clock = createFakeClock()
  const running = runSecretProgram(shell(`sleep 1000 & echo $! > ${note}; wait`), { environment: process.env, clock })
  const pidOf = async () => Number(await readFile(note, 'utf8').catch(() => ''))
  await until(async () => (await pidOf()) > 0)
  const pid = await pidOf()

  await clock.advance(timeoutMs)

  expect(await running).toEqual({ ok: false, why: 'it did not end within 5000 ms' })
  await until(async () => !(await isAlive(pid)))
  await untilReaped()
})

test('stops a program that writes without end', async () => {
  const end = await runSecretProgram(shell('yes'), { environment: process.env, clock: systemClock })

  expect(end).toMatchObject({ ok: false, why: expect.stringContaining('over 16384 bytes') })
  await untilReaped()
})

test('says that a program is not there', async () => {
  const program = { command: ['/nowhere/vault'], environment: [], timeoutMs } as const

  expect(await runSecretProgram(program, { environment: {}, clock: systemClock })).toEqual({
    ok: false,
    why: 'it could not be started: ENOENT',
  })
})
