// Folders as tar writes them the same on every machine: in order of names, at one time, of nobody in particular.

import { runTool, sourceDate } from './run-tool.ts'

const same = ['--format=gnu', '--sort=name', `--mtime=@${sourceDate}`, '--numeric-owner']

/** Writes what of a folder is named; `options` are tar's own. */
export async function pack(archive: string, folder: string, names: readonly string[], options: readonly string[] = []) {
  await runTool('tar', ['--create', ...options, ...belongingTo(0), `--file=${archive}`, '-C', folder, ...names])
}

/** Adds to an archive that is there, and is not compressed, what belongs to somebody else. */
export async function packFor(owner: number, archive: string, folder: string, names: readonly string[]) {
  await runTool('tar', ['--append', ...belongingTo(owner), `--file=${archive}`, '-C', folder, ...names])
}

const belongingTo = (owner: number) => [...same, `--owner=${owner}`, `--group=${owner}`]
