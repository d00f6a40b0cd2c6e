import { expect, test } from 'vitest'
import { runHostCommand } from '../../../agent/setup/host-command.ts'

test('what a program of the host complains of becomes one part of a sentence', async () => {
  const ended = await runHostCommand('sh', '-c', 'printf "It failed.\\n  See the log.\\n" >&2; exit 3')

  expect(ended).toEqual({ ok: false, said: 'It failed. See the log' })
})

test('a program that is not there is no crash', async () => {
  expect(await runHostCommand('/nowhere/systemctl')).toEqual({ ok: false, said: expect.stringContaining('ENOENT') })
})
