import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { z } from 'zod'
import {
  agentFrames,
  agentProofText,
  approvalPayload,
  batchPayload,
  closeCodes,
  enrolmentAnswer,
  enrolmentRequest,
  errorCodes,
  helloBody,
  keyStatement,
  knowsText,
  leadPayload,
  limits,
  outcome,
  planeFrames,
  planeProofText,
  runText,
  sessionProofText,
  signedHeader,
  signedTypes,
  subProtocol,
  times,
  welcomePayload,
} from '../../protocol/index.ts'
import { membersOf, namedForms } from '../../scripts/generate/form.ts'
import { anchorOf, markdownSections, type Section, sectionOf } from '../support/markdown-sections.ts'

const folder = join(import.meta.dirname, '../../protocol')
const text = readFileSync(join(folder, 'PROTOCOL.md'), 'utf8')
const sections = markdownSections(text)

const bare = (cell: string | undefined) => (cell ?? '').replaceAll('`', '')

/** The rows of the table of a section that has exactly this header. */
function rowsUnder(section: Section, header: readonly string[]) {
  const table = section.tables.find((candidate) => candidate.header.join() === header.join())
  if (!table) throw new Error(`section "${section.title}" has no table with ${header.join(', ')}`)
  return table.rows
}

/** Path and form of each member that a section documents; one without members has no table. */
function documented(title: string) {
  const section = sectionOf(sections, title)
  const rows = section.tables.length === 0 ? [] : rowsUnder(section, ['member', 'form', 'meaning'])
  return rows.map(([member, form]) => [bare(member), form])
}

const inCode = (schema: z.ZodType) =>
  membersOf(schema)
    .filter(({ path }) => path !== 'type')
    .map(({ path, form }) => [path, form])

describe('the tables of members', () => {
  const schemas = {
    'Hello body': helloBody,
    'JWS header': signedHeader,
    'Welcome payload': welcomePayload,
    'Batch payload': batchPayload,
    'Lead payload': leadPayload,
    'Approval payload': approvalPayload,
    'Run text': runText,
    'Key statement': keyStatement,
    'Enrolment request': enrolmentRequest,
    'Enrolment answer': enrolmentAnswer,
    ...agentFrames,
    ...planeFrames,
  }

  test.each(Object.entries(schemas))('of %s are those of its schema, in order and form', (title, schema) => {
    const table = documented(title)

    expect(table).toEqual(inCode(schema))
  })

  test.each([
    ['agent', agentFrames],
    ['plane', planeFrames],
  ])('of the %s stand for all of its frames and no other, in order', (side, frames) => {
    const titles = sections.filter(({ chapter, level }) => chapter === `Frames of the ${side}` && level === 3)

    expect(titles.map(({ title }) => title)).toEqual(Object.keys(frames))
  })

  test('name every form that is used, with its pattern', () => {
    const rows = rowsUnder(sectionOf(sections, 'Forms'), ['form', 'pattern', 'what it is'])

    expect(Object.fromEntries(rows.map(([form, pattern]) => [bare(pattern), form]))).toEqual(namedForms)
  })
})

describe('the tables of codes', () => {
  test('of closing are those of the code', () => {
    const rows = rowsUnder(sectionOf(sections, 'Close codes'), ['code', 'name', 'whose fault', 'again', 'meaning'])

    const table = Object.entries(closeCodes).map(([name, { code, fault, retry, meaning }]) => {
      return [String(code), `\`${name}\``, fault, retry, meaning]
    })
    expect(rows).toEqual(table)
  })

  test('of errors are those of the code', () => {
    const rows = rowsUnder(sectionOf(sections, 'Error codes'), ['code', 'whose fault', 'again', 'meaning'])

    const table = Object.entries(errorCodes).map(([code, { fault, retry, meaning }]) => {
      return [`\`${code}\``, fault, retry ? 'yes' : 'no', meaning]
    })
    expect(rows).toEqual(table)
  })

  test('of checks name codes that exist', () => {
    const checks = sections.flatMap(({ tables }) => tables).filter(({ header }) => header[0] === 'check')
    const named = checks.flatMap(({ rows }) => rows.flatMap(([, code = '']) => [...code.matchAll(/`(\w+)`/g)]))
    const known = { ...errorCodes, ...closeCodes }

    expect(named.length).toBeGreaterThan(30)
    expect(named.filter(([, code = '']) => !Object.hasOwn(known, code))).toEqual([])
  })

  test('of signed payloads and of outcomes are those of the code', () => {
    const types = rowsUnder(sectionOf(sections, 'JWS header'), ['`typ`', 'payload', 'in'])
    const outcomes = rowsUnder(sectionOf(sections, 'A run'), ['outcome', 'meaning'])

    expect(types.map(([typ]) => bare(typ))).toEqual(Object.values(signedTypes))
    expect(outcomes.map(([name]) => bare(name)).sort()).toEqual([...outcome.options].sort())
  })
})

test('the table of constants is that of the code', () => {
  const rows = rowsUnder(sectionOf(sections, 'Constants'), ['name', 'value', 'meaning'])

  const read = rows.map(([name, value]) => [bare(name), numberIn(value ?? '')])
  expect(read).toEqual([...Object.entries(limits), ...Object.entries(times)])
})

test('the sub-protocol is the one of the code', () => {
  expect(text).toContain(`names the sub-protocol \`${subProtocol}\``)
})

describe('the texts that are proven', () => {
  const code = { id: '<ID>', secret: '<secret>', fingerprint: '<FINGERPRINT>' }
  const request = { code, nonce: '<request.nonce>', publicKey: '<request.publicKey>' }
  const answer = {
    plane: '<answer.plane>',
    agent: '<answer.agent>',
    replica: '<answer.replica>',
    nonce: '<answer.nonce>',
    keys: '<answer.keys>',
  }
  const written = sectionOf(sections, 'The three texts').blocks.map(asText)

  test('at enrolment are those that the code makes', () => {
    const made = [knowsText(code, request.nonce), agentProofText(request), planeProofText(request, answer)]

    expect(written).toEqual(made)
  })

  test('at the start of a session is the one that the code makes', () => {
    const [block = ''] = sectionOf(sections, 'Session proof').blocks
    const made = sessionProofText({
      plane: '<challenge.plane>',
      planeNonce: '<challenge.nonce>',
      planeProtocol: { min: 1, max: 2 },
      agentNonce: '<body.nonce>',
      agentProtocol: { min: 3, max: 4 },
      helloSha256: '<SHA-256 of the UTF-8 of body, in lower-case hexadecimal>',
    })

    expect(asText(block).replace('<challenge.protocol>', '1-2').replace('<body.protocol>', '3-4')).toBe(made)
  })
})

test('the table of vectors names every file, and no other', () => {
  const rows = rowsUnder(sectionOf(sections, 'Vectors'), ['file', 'what it holds'])
  const named = rows.flatMap(([cell = '']) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name))

  const there = readdirSync(join(folder, 'vectors'), { withFileTypes: true })
  expect(named.sort()).toEqual(there.map((entry) => entry.name + (entry.isDirectory() ? '/' : '')).sort())
})

test('every link inside leads to a heading or a file', () => {
  const anchors = new Set(sections.map(({ title }) => `#${anchorOf(title)}`))
  const files = readdirSync(folder, { withFileTypes: true }).map(
    (entry) => entry.name + (entry.isDirectory() ? '/' : ''),
  )
  const targets = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, target = '']) => target)

  const dead = targets.filter(
    (target) => !target.startsWith('https://') && !anchors.has(target) && !files.includes(target),
  )

  expect(dead).toEqual([])
})

/** A block as the document writes it: each line but the last ends in a visible \n; the first is literal, the rest are names. */
function asText(block: string): string {
  const [first = '', ...names] = block.split('\n').map((line) => line.replace(/\\n$/, ''))
  return [first, ...names.map((name) => `<${name}>`)].join('\n')
}

function numberIn(cell: string): number {
  const unit: Readonly<Record<string, number>> = {
    KiB: 1024,
    MiB: 1024 ** 2,
    s: 1000,
    min: 60_000,
    d: 86_400_000,
  }
  const [count = '', name] = cell.split(' ')
  return Number(count) * (name === undefined ? 1 : (unit[name] ?? Number.NaN))
}
