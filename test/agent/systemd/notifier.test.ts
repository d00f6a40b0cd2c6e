import { expect, test } from 'vitest'
import { type NotifierOptions, openNotifier } from '../../../agent/systemd/notifier.ts'
import { createLeakGuard } from '../../../agent/vault/leak-guard.ts'
import { Secret } from '../../../agent/vault/secret.ts'

const socket = '/run/systemd/notify'

function openWith(change: Partial<NotifierOptions> = {}) {
  const logged: string[] = []
  const sent: { socket: string; message: string }[] = []
  const write = (event: string) => void logged.push(event)
  const notify = openNotifier({
    environment: { NOTIFY_SOCKET: socket },
    programFile: '/opt/sallyport/sallyport',
    guard: createLeakGuard(),
    log: { debug: write, info: write, warn: write, error: write },
    loadAddon: () => ({
      notify: (to: string, message: string) => {
        sent.push({ socket: to, message })
        return 0
      },
    }),
    ...change,
  })
  return { notify, logged, sent }
}

test('sends one line for each value, whatever line breaks are in it, and nothing that a terminal obeys', () => {
  const { notify, sent } = openWith()

  notify?.({ READY: '1', STATUS: 'takes no work:\nno session\u001b[2J' })

  expect(sent).toEqual([{ socket, message: 'READY=1\nSTATUS=takes no work: no session\\u001b[2J\n' }])
})

test('is not there, and looks for no addon, where nobody asks to be told', () => {
  const asked: string[] = []

  const { notify, logged } = openWith({ environment: {}, loadAddon: (path) => asked.push(path) })

  expect({ notify, logged, asked }).toEqual({ notify: undefined, logged: [], asked: [] })
})

test('an addon that is not beside the program is a line in the log, and no more', () => {
  const { notify, logged } = openWith({ loadAddon: undefined, programFile: import.meta.filename })

  expect({ notify, logged }).toEqual({ notify: undefined, logged: ['systemd.addon_missing'] })
})

test('a service manager that does not take what is sent is told of once, until it takes it again', () => {
  const answers = [2, 2, 0, 2]
  const { notify, logged } = openWith({ loadAddon: () => ({ notify: () => answers.shift() }) })

  for (const _ of [...answers]) notify?.({ WATCHDOG: '1' })

  expect(logged).toEqual(['systemd.untold', 'systemd.untold'])
})

test('says nothing that holds a secret', () => {
  const guard = createLeakGuard()
  guard.protect(new Secret('jca_0123456789abcdefghijklmnopqrstuv'), 'main')
  const { notify, sent } = openWith({ guard })

  notify?.({ STATUS: 'plane said jca_0123456789abcdefghijklmnopqrstuv' })

  expect(sent).toEqual([])
})
