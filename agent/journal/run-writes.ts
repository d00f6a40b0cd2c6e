// The changes of runs, as statements. Each is called inside a transaction of the store; what is to be closed is closed before.

import type { Effect } from '@sallyport/protocol'
import { SallyportError } from '@sallyport/protocol/sallyport-error'
import { RunNotHeldError } from './journal-error.ts'
import type { Prepare } from './statement.ts'

export type RunWrites = {
  /** Throws `run_conflict` for an id that is held, stands for other bytes, or has the answer of a write. */
  hold(run: HoldValues): void
  become(run: BecomeValues): void
  page(page: PageValues): void
  progress(progress: ProgressValues): void
  stored(page: { readonly id: string; readonly seq: number }): void
  intend(intent: IntentValues & { readonly sealedTarget: Uint8Array }): void
  settle(intent: IntentValues & { readonly sealedRow: Uint8Array }): void
  answer(answer: { readonly id: string; readonly sealedAnswer: Uint8Array }): void
  forget(run: { readonly id: string; readonly at: number }): void
}

type HoldValues = {
  readonly id: string
  readonly digest: string
  readonly effect: Effect
  readonly attempt: number
  readonly receivedAt: number
  readonly sealedOrder: Uint8Array
  /** 0 or 1. */
  readonly approved: number
}

type BecomeValues = Pick<HoldValues, 'id' | 'attempt' | 'sealedOrder'>

type PageValues = {
  readonly id: string
  readonly seq: number
  readonly rowCount: number
  readonly sealedRows: Uint8Array
}

type ProgressValues = { readonly id: string; readonly seq: number; readonly sealedProgress: Uint8Array }

type IntentValues = { readonly id: string; readonly mark: Uint8Array }

export function createRunWrites(prepare: Prepare): RunWrites {
  const become = prepare(`
    UPDATE runs SET attempt = :attempt, sealedOrder = iif(forgottenAt IS NULL, :sealedOrder, NULL) WHERE id = :id`)
  const answer = prepare('UPDATE runs SET sealedAnswer = :sealedAnswer WHERE id = :id AND forgottenAt IS NULL')
  return {
    hold: createHold(prepare),
    become: (run) => void become.run(run),
    ...createPageWrites(prepare),
    ...createIntentWrites(prepare),
    answer: (values) => mustChange(answer.run(values), `answer run ${values.id}`),
    forget: createForget(prepare),
  }
}

function createHold(prepare: Prepare): RunWrites['hold'] {
  const takeBack = prepare(`
    DELETE FROM runs WHERE id = :id AND digest = :digest AND forgottenAt IS NOT NULL AND sealedAnswer IS NULL`)
  const insert = prepare(`
    INSERT INTO runs (id, digest, effect, attempt, receivedAt, sealedOrder, approved)
    VALUES (:id, :digest, :effect, :attempt, :receivedAt, :sealedOrder, :approved) ON CONFLICT DO NOTHING`)
  return (run) => {
    takeBack.run({ id: run.id, digest: run.digest })
    if (insert.run(run) > 0) return
    const why = 'its id is held, stands for other bytes, or belongs to a write that was answered'
    throw new SallyportError('run_conflict', `journal run ${run.id}: ${why}`)
  }
}

function createPageWrites(prepare: Prepare): Pick<RunWrites, 'page' | 'progress' | 'stored'> {
  const count = prepare(`
    UPDATE runs SET pageCount = pageCount + 1, rowCount = rowCount + :rowCount
    WHERE id = :id AND pageCount = :seq AND forgottenAt IS NULL`)
  const insert = prepare('INSERT INTO pages VALUES (:id, :seq, :rowCount, :sealedRows)')
  const progress = prepare('INSERT INTO progress VALUES (:id, :seq, :sealedProgress)')
  const stored = prepare(`
    UPDATE runs SET storedCount = max(storedCount, min(:seq + 1, pageCount)) WHERE id = :id`)
  // The pages of a write stay until its id does not: the same bytes get the first outcome, with its rows.
  const drop = prepare(`
    DELETE FROM pages WHERE run = :id AND seq <= :seq AND (SELECT effect FROM runs WHERE id = :id) = 'read'`)
  return {
    page: ({ id, seq, rowCount, sealedRows }) => {
      mustChange(count.run({ id, seq, rowCount }), `add page ${seq} of run ${id}`)
      insert.run({ id, seq, rowCount, sealedRows })
    },
    progress: (values) => void progress.run(values),
    stored: (page) => {
      stored.run(page)
      drop.run(page)
    },
  }
}

function createIntentWrites(prepare: Prepare): Pick<RunWrites, 'intend' | 'settle'> {
  const insert = prepare(`
    INSERT INTO intents (run, mark, sealedTarget)
    SELECT :id, :mark, :sealedTarget FROM runs WHERE id = :id AND forgottenAt IS NULL
    ON CONFLICT DO NOTHING`)
  const open = prepare('SELECT 1 FROM intents WHERE run = :id AND mark = :mark AND sealedRow IS NULL')
  const settle = prepare('UPDATE intents SET sealedRow = :sealedRow WHERE run = :id AND mark = :mark')
  return {
    // After a crash, what was meant and not settled may be meant again.
    intend: ({ id, mark, sealedTarget }) => {
      const known = insert.run({ id, mark, sealedTarget }) > 0 || open.get({ id, mark }) !== undefined
      mustChange(Number(known), `intend a change of run ${id}`)
    },
    settle: (values) => mustChange(settle.run(values), `settle a change of run ${values.id}`),
  }
}

function createForget(prepare: Prepare): RunWrites['forget'] {
  const forget = prepare(`
    UPDATE runs SET forgottenAt = :at, sealedOrder = NULL,
      sealedAnswer = CASE effect WHEN 'write' THEN sealedAnswer END
    WHERE id = :id`)
  const dropProgress = prepare('DELETE FROM progress WHERE run = :id')
  const dropIntents = prepare('DELETE FROM intents WHERE run = :id')
  const dropPages = prepare(`
    DELETE FROM pages WHERE run = :id AND (SELECT sealedAnswer FROM runs WHERE id = :id) IS NULL`)
  return ({ id, at }) => {
    forget.run({ id, at })
    dropProgress.run({ id })
    dropIntents.run({ id })
    dropPages.run({ id })
  }
}

/** The runner and the journal must agree; where they do not, the file was lost meanwhile, and nothing is written. */
function mustChange(count: number, doing: string): void {
  if (count === 0) throw new RunNotHeldError(`journal: ${doing}: the run is not held, or something else is due`)
}
