// Leaves out of a bundle what no program of ours uses: measured, 5 MB of private memory and a third of its size.

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Plugin } from 'esbuild'

const root = join(import.meta.dirname, '../..')

/** `import { z }` holds on to all of zod, its fifty languages too; as a namespace only what is used of it stays. */
export const slimZod: Plugin = {
  name: 'slim-zod',
  setup(build) {
    build.onLoad({ filter: /\/(protocol|agent|control-plane|scripts)\/.*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8')
      return { contents: text.replace(/^import \{ z \} from 'zod'/m, `import * as z from 'zod'`), loader: 'ts' }
    })
  },
}

/**
 * The agent uses two things of undici and no fetch, cache or mock. One that is missing here ends the build. Its connector never
 * agrees on HTTP/2, for which undici would load Node's: that is 15 ms of each start.
 */
export const slimUndici: Plugin = {
  name: 'slim-undici',
  setup(build) {
    build.onResolve({ filter: /^undici$/ }, ({ path }) => ({ path, namespace: 'slim' }))
    build.onLoad({ filter: /^undici$/, namespace: 'slim' }, () => ({
      contents: [
        `export { default as Agent } from './node_modules/undici/lib/dispatcher/agent.js'`,
        `export { default as buildConnector } from './node_modules/undici/lib/core/connect.js'`,
      ].join('\n'),
      resolveDir: root,
    }))
    build.onLoad({ filter: /undici\/lib\/dispatcher\/client-h2\.js$/ }, () => ({
      contents: `module.exports = () => { throw new Error('HTTP/2 was agreed on with a host, and the agent speaks HTTP/1.1') }`,
    }))
  },
}

/**
 * No end of ours compresses messages, and what does it loads Node's zlib: 4 ms of each start. The offer of a stranger is then
 * declined, as it is with ws as it comes and `perMessageDeflate: false`.
 */
export const slimWs: Plugin = {
  name: 'slim-ws',
  setup(build) {
    build.onLoad({ filter: /\/ws\/lib\/permessage-deflate\.js$/ }, () => ({
      contents: `module.exports = class PerMessageDeflate {
        static extensionName = 'permessage-deflate'
        constructor() { throw new Error('messages are not compressed here') }
      }`,
    }))
  },
}

/** Our log writes its lines itself, so that nothing of what pino needs for threads of its own is loaded. */
export const slimPino: Plugin = {
  name: 'slim-pino',
  setup(build) {
    build.onLoad({ filter: /\/pino\/lib\/transport\.js$/ }, () => ({
      contents: `module.exports = () => { throw new Error('the log has no transports') }`,
    }))
  },
}

/** Commander can run a command that is a program of its own, and loads Node's `child_process` for that: 5 ms of each start. */
export const slimCommander: Plugin = {
  name: 'slim-commander',
  setup(build) {
    build.onResolve({ filter: /^node:child_process$/ }, ({ path, importer }) => {
      return importer.includes('/commander/') ? { path, namespace: 'none' } : undefined
    })
    build.onLoad({ filter: /.*/, namespace: 'none' }, () => ({ contents: 'module.exports = {}' }))
  },
}
