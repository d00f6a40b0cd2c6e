// Runs a handler the way the runner does: params and rows pass the contract, and what the schema does not name is gone.

import type { JobContract, ParamsInputOf, RowOf } from '@sallyport/protocol/job-contract'
import type { WriteContext } from '../../agent/jobs/handler.ts'
import type { JumpCloud } from '../../agent/jumpcloud/jumpcloud.ts'
import { noRedaction } from '../../agent/policy/redaction.ts'

export type Running<Contract extends JobContract> = {
  readonly contract: Contract
  readonly handler: (context: WriteContext<never, never>) => AsyncIterable<RowOf<Contract>>
  readonly params: ParamsInputOf<Contract>
  readonly jumpcloud: JumpCloud
  readonly signal?: AbortSignal
  readonly intent?: (target: string) => Promise<boolean>
  readonly mayLeave?: () => boolean
  readonly settle?: (target: string, row: RowOf<Contract>) => Promise<void>
  readonly earlier?: (target: string) => RowOf<Contract> | 'intended' | undefined
}

type Changes = 'intent' | 'mayLeave' | 'settle' | 'earlier'

export async function runHandler<Contract extends JobContract>(running: Running<Contract>): Promise<RowOf<Contract>[]> {
  return Array.fromAsync(rowsOf(running))
}

export async function* rowsOf<Contract extends JobContract>(
  running: Running<Contract>,
): AsyncGenerator<RowOf<Contract>> {
  const { contract, handler, jumpcloud, signal = new AbortController().signal } = running
  const {
    intent = async () => true,
    mayLeave = () => true,
    settle = async () => {},
    earlier = () => undefined,
  } = running
  // The generated list of the agent joins a contract with its handler; here the test does, and the parse says whether rightly.
  const params = contract.params.parse(running.params) as never
  const lane = jumpcloud.lane(contract.effect === 'write' ? 'write' : 'bulk', signal)
  // The same for what an earlier process left.
  const changes = { intent, mayLeave, settle, earlier } as Pick<WriteContext<never, never>, Changes>
  for await (const row of handler({ params, jumpcloud: lane, signal, redaction: noRedaction.events, ...changes })) {
    // As above: what the row schema lets through is the row.
    yield contract.row.parse(row) as RowOf<Contract>
  }
}
