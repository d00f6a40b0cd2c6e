// JumpCloud for what the agent itself has to look up, and for no run.

import { type JobContract, jobs } from '@sallyport/protocol'
import type { Connections } from '../connections/connections.ts'
import type { JumpCloudReads } from '../jumpcloud/port.ts'

/** By connection: the lane that a listing of groups has. Rejects as `Connections.lane` does. */
export function lookUpLanes(connections: Pick<Connections, 'lane'>, signal: AbortSignal) {
  return async (connection: string): Promise<JumpCloudReads> => {
    // Each contract has types of its own; what counts here is its effect.
    const contract = (await jobs['groups.list'].load()) as JobContract
    return connections.lane({ job: 'groups.list', effect: 'read', contract, params: {}, connection }, signal)
  }
}
