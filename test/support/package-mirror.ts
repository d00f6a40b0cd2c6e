// Where this machine takes its Debian packages from: what a test installs comes from there, too.

import { spawn } from 'node:child_process'
import { text } from 'node:stream/consumers'

/** Of this machine. */
export const release = 'bookworm'

export async function packageMirror(): Promise<string> {
  const words = ['indextargets', '--format', '$(RELEASE) $(REPO_URI)', 'Created-By: Packages']
  const child = spawn('apt-get', words, { stdio: ['ignore', 'pipe', 'ignore'] })
  const failed = new Promise<never>((_, reject) => child.once('error', reject))
  const listed = await Promise.race([text(child.stdout), failed])
  const line = listed.split('\n').find((one) => one.startsWith(`${release} `))
  const mirror = line?.split(' ')[1]
  if (mirror !== undefined) return mirror
  throw new Error(`find ${release}: the package sources of this machine do not have it; run apt-get update`)
}
