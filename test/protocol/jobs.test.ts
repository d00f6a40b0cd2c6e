import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { z } from 'zod'
import { isJobName, jobs } from '../../protocol/jobs.generated.ts'

const files = readdirSync(join(import.meta.dirname, '../../protocol/jobs')).sort()
const loaded = await Promise.all(
  Object.entries(jobs).map(async ([name, { load, effect, rows }]) => ({ name, effect, rows, contract: await load() })),
)

test('every contract is listed, under its own name and with its own effect', () => {
  const listed = loaded.map(({ name, effect, rows, contract }) => ({
    names: name === contract.name,
    file: `${name.replaceAll('.', '-')}.ts`,
    same: effect === contract.effect && rows === contract.rows,
  }))

  expect(listed).toEqual(files.map((file) => ({ names: true, file, same: true })))
})

test('a name that objects have anyway is not a job', () => {
  expect(['constructor', 'toString', '__proto__', 'groups'].filter(isJobName)).toEqual([])
})

describe.each(loaded)('the contract of $name', ({ contract }) => {
  const { params, row, docs, changes } = contract

  test('takes its own example', () => {
    expect(params.safeParse(docs.example).error).toBeUndefined()
  })

  test('refuses a misspelt input', () => {
    const misspelt = { ...z.record(z.string(), z.unknown()).parse(docs.example), misspelt: true }

    expect(params.safeParse(misspelt).success).toBe(false)
  })

  test('can be written as JSON Schema', () => {
    expect(() => z.toJSONSchema(params, { io: 'input' })).not.toThrow()
    expect(() => z.toJSONSchema(row, { io: 'input' })).not.toThrow()
  })

  test('finds the groups that it changes in its params', () => {
    const inParams = Object.keys(z.record(z.string(), z.unknown()).parse(docs.example))

    expect(inParams).toEqual(expect.arrayContaining([...(changes?.groups ?? [])]))
  })

  test('names its calls and scopes', () => {
    expect(docs.summary).toMatch(/^[A-Z].*\.$/)
    expect(docs.calls.filter((call) => !/^(GET|POST|PUT|PATCH|DELETE) \/[\w/{}-]+$/.test(call))).toEqual([])
    expect(docs.scopes.filter((scope) => !/^[a-z_]+(\.readonly)?$/.test(scope))).toEqual([])
    expect(Math.min(docs.calls.length, docs.scopes.length)).toBeGreaterThan(0)
  })
})
