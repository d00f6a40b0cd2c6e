// The libraries that programs are started with, for an image in which nothing else is.

import { runTool } from './run-tool.ts'

/** Where the loader looks for them; the loader itself is among them. Throws on a machine whose C library needs more than is named. */
export async function librariesOf(programs: readonly string[]): Promise<readonly string[]> {
  const told = (await runTool('getconf', ['GNU_LIBC_VERSION'])).trim()
  // An older one loads what looks up the names of hosts when it is asked for one.
  if (told.localeCompare('glibc 2.34', 'en', { numeric: true }) < 0) {
    throw new Error(
      `make the images: they get the C library of this machine, ${told}; build where it is 2.34 or newer, as on Debian 12`,
    )
  }
  const lists = await Promise.all(programs.map((program) => runTool('ldd', [program])))
  const paths = lists.flatMap((list) => [...list.matchAll(/(?:^\s*|=> )(\/\S+) \(0x/gm)].map(([, path = '']) => path))
  return [...new Set(paths)].sort()
}
