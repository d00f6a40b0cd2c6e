// The files that a built control plane needs on a host, and its commands.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { runOnce } from './run-once.ts'

export type PlaneHost = {
  /** What starts it. */
  readonly args: readonly string[]
  /** A one-time code for an agent of this name. */
  createCode(agent: string): Promise<string>
  /** For whoever submits runs and reads them. */
  createToken(): Promise<string>
}

/** `directory` is an empty folder. */
export async function setUpPlaneHost(program: string, directory: string): Promise<PlaneHost> {
  const configuration = join(directory, 'config.yaml')
  await mkdir(directory, { recursive: true })
  await writeFile(configuration, 'listen: { port: 0 }\n')
  const flags = ['--config', configuration, '--state', join(directory, 'state')]
  const ask = async (...args: readonly string[]): Promise<unknown> =>
    JSON.parse(await runOnce(program, [...args, ...flags, '--json']))
  const scopes = ['runs:read', 'runs:write'].flatMap((scope) => ['--scope', scope])
  return {
    args: ['start', ...flags],
    createCode: async (agent) => z.object({ code: z.string() }).parse(await ask('code', 'create', agent)).code,
    createToken: async () =>
      z.object({ token: z.string() }).parse(await ask('token', 'create', 'caller', ...scopes, '--ttl', '1h')).token,
  }
}
