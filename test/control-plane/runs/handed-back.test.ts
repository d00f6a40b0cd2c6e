import { expect, test } from 'vitest'
import { createHandedBack } from '../../../control-plane/runs/handed-back.ts'

test('spares the session each run for ten seconds from when it came back last', () => {
  const handedBack = createHandedBack()
  handedBack.add('run-00000001', 0)
  handedBack.add('run-00000002', 4000)
  handedBack.add('run-00000001', 8000)

  const spared = [9999, 13_999, 14_000, 17_999, 18_000].map((at) =>
    ['run-00000001', 'run-00000002', 'run-00000003'].filter((run) => handedBack.has(run, at)),
  )

  expect(spared).toEqual([
    ['run-00000001', 'run-00000002'],
    ['run-00000001', 'run-00000002'],
    ['run-00000001'],
    ['run-00000001'],
    [],
  ])
})
