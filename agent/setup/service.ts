// The service of this host, as setup sees it: whether systemd has the unit of the package, and starting it.

import { existsSync } from 'node:fs'
import { type Ended, runHostCommand } from './host-command.ts'

export type Service = {
  /** The unit is installed, and systemd runs this host. */
  readonly isThere: boolean
  /** Enables it and starts it, or restarts it where it runs. What systemctl said where that failed. */
  start(): Promise<Ended>
}

const units = ['/etc/systemd/system/sallyport.service', '/lib/systemd/system/sallyport.service']

export const systemService: Service = {
  isThere: existsSync('/run/systemd/system') && units.some((unit) => existsSync(unit)),
  start: async () => {
    const enabled = await runHostCommand('systemctl', 'enable', 'sallyport.service')
    return enabled.ok ? await runHostCommand('systemctl', 'restart', 'sallyport.service') : enabled
  },
}
