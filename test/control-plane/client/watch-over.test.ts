import { SallyportError } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import { watchOver } from '../../../control-plane/client/watch-over.ts'

const attempt = (number: number) => ({ type: 'attempt', attempt: number })
const row = (seq: number) => ({ type: 'row', seq, row: { id: `r${seq}` } })
const done = { type: 'done', state: 'done', rows: 3, outcome: null, sha256: null }

type Try = readonly unknown[] | SallyportError

/** Streams one after the other, each broken off after its lines; and what was asked and slept for. */
function brokenStreams(...tries: readonly Try[]) {
  const paths: string[] = []
  const waits: number[] = []
  const clock = { monotonic: () => 0, sleep: async (ms: number) => void waits.push(ms) }
  const open = async (path: string) => {
    const lines = tries[paths.length] ?? []
    paths.push(path)
    if (lines instanceof SallyportError) throw lines
    return new Response(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
  }
  const read = (place = {}) => Array.fromAsync(watchOver({ open, clock }, { run: 'run-00000001', ...place }))
  return { paths, waits, read }
}

const away = new SallyportError('plane_unreachable', 'no answer')

test('takes a stream that broke up again behind the last row, and its reader sees one', async () => {
  const { paths, read } = brokenStreams([attempt(1), row(0), row(1)], away, [attempt(1), row(2), done])

  expect(await read()).toEqual([attempt(1), row(0), row(1), row(2), done])
  expect(paths).toEqual(
    ['', 'attempt=1&from=2', 'attempt=1&from=2'].map((query) => `/v1/runs/run-00000001/pages?${query}`),
  )
})

test('begins with the first row of another attempt that took over meanwhile', async () => {
  const { paths, read } = brokenStreams([attempt(1), row(0)], [attempt(2)], [attempt(2), row(0), done])

  expect(await read()).toEqual([attempt(1), row(0), attempt(2), row(0), done])
  expect(paths.at(-1)).toContain('attempt=2&from=0')
})

test('goes on where its reader had stopped, and says which attempt it is', async () => {
  const { paths, read } = brokenStreams([attempt(1), row(2), done])

  expect(await read({ attempt: 1, from: 2 })).toEqual([attempt(1), row(2), done])
  expect(paths[0]).toContain('attempt=1&from=2')
})

test('gives up after some tries that brought nothing', async () => {
  const { paths, waits, read } = brokenStreams([attempt(1), row(0)])

  await expect(read()).rejects.toMatchObject({ code: 'plane_unreachable' })

  expect(waits).toEqual([250, 500, 1000, 2000, 4000])
  expect(paths).toHaveLength(6)
})

test('does not ask again for what the control plane refused', async () => {
  const { paths, read } = brokenStreams(new SallyportError('run_unknown', 'there is none'))

  await expect(read()).rejects.toMatchObject({ code: 'run_unknown' })
  expect(paths).toHaveLength(1)
})
