import { expect, test } from 'vitest'
import { jsonLine } from '../../../control-plane/cli/json-line.ts'

test('a name that a terminal would obey is the same name, and is seen', () => {
  const row = { name: 'Zoë \u009b2J\u202eeod.exe' }

  const line = jsonLine(row)

  expect(line).toBe('{"name":"Zoë \\u009b2J\\u202eeod.exe"}\n')
  expect(JSON.parse(line)).toEqual(row)
})
