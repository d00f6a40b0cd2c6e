// A peer of a control plane that is a process of its own: enrolled by its command line and over HTTP.

import { enrolmentAnswer } from '@sallyport/protocol'
import { enrolmentBody, makePeerKey, type PeerIdentity } from './agent-peer.ts'
import type { PlaneProgram } from './plane-program.ts'

export async function enrolPeer(plane: Pick<PlaneProgram, 'command' | 'caller'>, agent: string): Promise<PeerIdentity> {
  const { code } = await plane.command('code', 'create', agent)
  const { key, publicKey } = makePeerKey()
  const { body } = await plane.caller.ask('POST', '/v1/enrolments', enrolmentBody(String(code), publicKey))
  const { replica } = enrolmentAnswer.parse(body)
  return { agent, replica, key, counter: 0 }
}
