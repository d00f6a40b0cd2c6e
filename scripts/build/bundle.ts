// One program as one file: everything it imports inside, in front of it a small file that turns the code cache on.

import { mkdir, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { build, type Plugin } from 'esbuild'
import { slimCommander, slimPino, slimWs, slimZod } from './slim.ts'

export type Bundle = {
  /** What it is called on a host. */
  readonly name: string
  /** Relative to the root of the repository. */
  readonly entry: string
  /** Besides those that leave out what no program of ours uses. */
  readonly plugins?: readonly Plugin[]
}

/** Well after the start of either program. */
const settledMs = 2000

const root = join(import.meta.dirname, '../..')

/**
 * undici reads HTTP with WebAssembly: optimising that takes 15 MB that never come back, and gains a request a few µs. What a
 * start makes stays, which V8 takes for much work and makes more room for the young: 4 MB of an agent that then does nothing.
 * So that room grows only when the start is over.
 */
export const flagLines = [
  `const { setFlagsFromString } = require('node:v8')`,
  `for (const flag of ['--no-wasm-tier-up', '--no-wasm-dynamic-tiering', '--liftoff-only']) setFlagsFromString(flag)`,
  `setFlagsFromString('--semi-space-growth-factor=1')`,
  `setTimeout(setFlagsFromString, ${settledMs}, '--semi-space-growth-factor=2').unref()`,
]

/** The cache is Node's own, beside the program, and moves with it; where it cannot be used the program runs without it. */
const launcher = [
  '#!/usr/bin/env node',
  `const { enableCompileCache } = require('node:module')`,
  `const { join } = require('node:path')`,
  ...flagLines,
  `enableCompileCache({ directory: join(__dirname, 'cache'), portable: true })`,
  `require('./program.cjs')`,
  '',
].join('\n')

/**
 * Writes `NAME/NAME.cjs`, `NAME/program.cjs` and later its cache into `out`; gives the path of the first. CommonJS, because an
 * ECMAScript module has Node make every export of the modules that it imports, used or not: that is 30 ms of each start.
 */
export async function bundle({ name, entry, plugins = [] }: Bundle, out: string): Promise<string> {
  const folder = join(out, name)
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  await build({
    absWorkingDir: root,
    entryPoints: [entry],
    outfile: join(folder, 'program.cjs'),
    bundle: true,
    platform: 'node',
    target: 'node24',
    format: 'cjs',
    // As `require`: what loads ECMAScript modules is then not started at all.
    supported: { 'dynamic-import': false },
    // Names stay: they stand in stack traces, and taking them away too gains next to no memory.
    minifySyntax: true,
    minifyWhitespace: true,
    legalComments: 'eof',
    plugins: [slimZod, slimCommander, slimPino, slimWs, ...plugins],
    logLevel: 'warning',
  })
  const path = join(folder, `${name}.cjs`)
  await writeFile(path, launcher, { mode: 0o755 })
  return path
}
