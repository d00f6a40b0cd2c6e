// The files that a built agent needs on a host, and its enrolment. It starts nothing that stays.

import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runOnce } from './run-once.ts'

export type AgentHostOptions = {
  /** The bundle. */
  readonly program: string
  /** An empty folder. */
  readonly directory: string
  readonly planeUrl: string
  readonly jumpcloudUrl: string
  readonly key: string
  /** The one-time code. */
  readonly code: string
}

const policy = `version: 1
connections:
  main:
    allow: [org.get, users.list, users.get, groups.list, groups.get, groups.members.list]
`

/** Sets no switch of the product: all that is not named here is as it comes. Gives the arguments that start the agent. */
export async function setUpAgentHost(options: AgentHostOptions): Promise<readonly string[]> {
  const { program, directory, planeUrl, jumpcloudUrl: url, key, code } = options
  const configurationFile = join(directory, 'config.yaml')
  const policyFile = join(directory, 'policy.yaml')
  const keyFile = join(directory, 'jumpcloud.key')
  const state = join(directory, 'state')
  await mkdir(state, { recursive: true, mode: 0o700 })
  const configuration = `plane: { url: ${planeUrl} }
connections:
  main:
    baseUrls: { console: ${url}, api: ${url}, oauth: ${url} }
    credential: { file: ${JSON.stringify(keyFile)} }
`
  await writeFile(configurationFile, configuration)
  await writeFile(policyFile, policy)
  await writeFile(keyFile, key, { mode: 0o600 })
  await runOnce(program, ['enrol', '--plane', planeUrl, '--code', '-', '--state', state], code)
  return ['start', '--config', configurationFile, '--policy', policyFile, '--state', state]
}
