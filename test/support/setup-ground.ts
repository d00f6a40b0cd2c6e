// A control plane and a simulated JumpCloud, a folder, and the command `setup` with its files in it.

import { mkdtempDisposable } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setup } from '../../agent/cli/setup/setup.ts'
import type { SetupFlags } from '../../agent/cli/setup/setup-host.ts'
import type { Person } from '../../agent/setup/questions.ts'
import type { Service } from '../../agent/setup/service.ts'
import { commandHost } from './command-host.ts'
import { startControlPlane } from './control-plane.ts'
import { startJumpCloud } from './jumpcloud/start.ts'

const noService: Service = { isThere: false, start: async () => ({ ok: false, said: 'there is none' }) }

export async function openGround({ organisations = 1 } = {}) {
  await using parts = new AsyncDisposableStack()
  const plane = parts.use(await startControlPlane())
  const jumpcloud = parts.use(await startJumpCloud({ organizations: organisations, seed: 'setup' }))
  const directory = parts.use(await mkdtempDisposable(join(tmpdir(), 'sallyport-setup-')))
  const at = (...names: readonly string[]) => join(directory.path, ...names)
  const token = await plane.token('agents:write')
  const createCode = async () => {
    const { json } = await plane.ask({ method: 'POST', path: '/v1/agents/acme/codes', token, body: {} })
    return String(Object(json).code)
  }
  const said: string[] = []
  const say = (line: string) => void said.push(line)
  const sallyport = async (
    flags: Partial<SetupFlags>,
    person?: Person,
    service = noService,
    environment: Readonly<Record<string, string>> = {},
    isRoot = true,
  ) => {
    const places = { config: at('etc', 'config.yaml'), policy: at('etc', 'policy.yaml'), state: at('state') }
    const all = { ...places, name: 'main', start: true, baseUrl: jumpcloud.url, ...flags }
    await setup(all, { ...commandHost({ environment, print: say, complain: say }), person, service, isRoot })
  }
  const all = parts.move()
  return {
    ...{ at, plane, jumpcloud, createCode, sallyport, said },
    text: () => said.join('\n'),
    [Symbol.asyncDispose]: () => all.disposeAsync(),
  }
}

/** Answers in order, and keeps what it was asked. */
export function personWho(...answers: readonly (string | undefined)[]): Person & { readonly asked: readonly string[] } {
  const left = [...answers]
  const asked: string[] = []
  const answer = async (question: string) => {
    asked.push(question)
    return left.shift()
  }
  return {
    asked,
    text: answer,
    hidden: answer,
    choose: async (question, choices) => {
      const said = await answer(question)
      return choices.find(({ label }) => said !== undefined && label.includes(said))?.value
    },
    say: () => {},
  }
}
