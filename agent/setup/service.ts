// The service of this host, as setup sees it: whether systemd has the unit of the package, and starting it.

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { text } from 'node:stream/consumers'

export type Service = {
  /** The unit is installed, and systemd runs this host. */
  readonly isThere: boolean
  /** Enables it and starts it, or restarts it where it runs. What systemctl said where that failed. */
  start(): Promise<{ readonly ok: boolean; readonly said: string }>
}

const units = ['/etc/systemd/system/sallyport.service', '/lib/systemd/system/sallyport.service']

export const systemService: Service = {
  isThere: existsSync('/run/systemd/system') && units.some((unit) => existsSync(unit)),
  start: async () => {
    const enabled = await systemctl('enable', 'sallyport.service')
    return enabled.ok ? await systemctl('restart', 'sallyport.service') : enabled
  },
}

async function systemctl(...words: readonly string[]): Promise<{ ok: boolean; said: string }> {
  const { promise, resolve } = Promise.withResolvers<{ ok: boolean; said: string }>()
  const child = spawn('systemctl', words, { stdio: ['ignore', 'ignore', 'pipe'] })
  const said = text(child.stderr)
  child.on('error', (error) => resolve({ ok: false, said: error.message }))
  child.on('close', async (code) => resolve({ ok: code === 0, said: (await said).trim() }))
  return await promise
}
