// The way to the service manager: the addon beside the program, where systemd asks to be told (sd_notify(3)). What is told is
// elsewhere.

import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { visibleLine } from '@sallyport/protocol/visible-json'
import { z } from 'zod'
import type { Log } from '../log.ts'
import type { LeakGuard } from '../vault/leak-guard.ts'

/** Sends `NAME=value` lines. What cannot be sent is logged once: the agent works without. */
export type Notifier = (assignments: Readonly<Record<string, string>>) => void

export type NotifierOptions = {
  readonly environment: Readonly<Record<string, string | undefined>>
  /** The bundle or the executable; `sd-notify.node` is looked for beside it. */
  readonly programFile: string
  readonly guard: Pick<LeakGuard, 'contains'>
  readonly log: Log
  /** Default: Node's own way to load an addon. */
  readonly loadAddon?: ((path: string) => unknown) | undefined
}

type Send = (socket: string, message: string) => unknown
const addon = z.object({ notify: z.custom<Send>((value) => typeof value === 'function') })

/** What systemd shows of a state is one line, to everybody, as it is; the rest is in `sallyport status`. */
const valueLength = 500

/** Undefined where nobody asks to be told, which is how a program runs that systemd did not start. */
export function openNotifier(options: NotifierOptions): Notifier | undefined {
  const { environment, programFile, guard, log, loadAddon = createRequire(programFile) } = options
  const socket = environment.NOTIFY_SOCKET
  if (socket === undefined || socket === '') return undefined
  const path = join(dirname(programFile), 'sd-notify.node')
  const send = load(path, loadAddon, log)
  if (send === undefined) return undefined
  let hasFailed = false
  return (assignments) => {
    const message = Object.entries(assignments)
      .map(([name, value]) => `${name}=${visibleLine(value.replaceAll(/\s+/g, ' ')).slice(0, valueLength)}\n`)
      .join('')
    if (guard.contains(message, 'log') !== undefined) return
    const failed = send(socket, message)
    if (failed !== 0 && !hasFailed) log.error('systemd.untold', { socket, errno: failed })
    hasFailed = failed !== 0
  }
}

function load(path: string, loadAddon: (path: string) => unknown, log: Log): Send | undefined {
  try {
    return addon.parse(loadAddon(path)).notify
  } catch (error) {
    const means =
      'systemd is not told that the agent is ready, so a unit of Type=notify is ended when its start takes too long; install the package again'
    log.error('systemd.addon_missing', { path, means, error })
    return undefined
  }
}
