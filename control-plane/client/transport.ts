// What a client needs of a control plane: the same three acts in the same process and over HTTP.

import type { Submission, Watch } from '../runs/runs.ts'
import type { StreamLine } from '../runs/stream-line.ts'

export type Transport = {
  /** Answers with the id of the run. */
  submit(submission: Omit<Submission, 'requester'>): Promise<string>
  watch(watch: Watch): AsyncIterable<StreamLine>
  cancel(run: string): Promise<void>
}
