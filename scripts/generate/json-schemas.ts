// JSON Schemas of what crosses the wire, for implementations in other languages. Of the input, because the wire ignores unknown members.

import { z } from 'zod'
import { agentFrames, helloBody } from '../../protocol/agent-frames.ts'
import { approvalPayload } from '../../protocol/approval.ts'
import { enrolmentAnswer, enrolmentRequest } from '../../protocol/enrolment.ts'
import { planeFrames } from '../../protocol/plane-frames.ts'
import { batchPayload, keyStatement, runText, signedHeader, welcomePayload } from '../../protocol/signed.ts'
import type { LoadedContract } from './contracts.ts'

const payloads = {
  'hello-body': helloBody,
  'jws-header': signedHeader,
  'welcome-payload': welcomePayload,
  'batch-payload': batchPayload,
  'run-text': runText,
  'approval-payload': approvalPayload,
  'key-statement': keyStatement,
  'enrolment-request': enrolmentRequest,
  'enrolment-answer': enrolmentAnswer,
}

export type NamedText = readonly [path: string, text: string]

/** Paths are relative to the folder of the schemas. A job's file holds its two schemas as `#/$defs/params` and `#/$defs/row`. */
export function jsonSchemas(contracts: readonly LoadedContract[]): readonly NamedText[] {
  return [
    ...Object.entries({ ...agentFrames, ...planeFrames }).map(([name, schema]) => one(`frames/${name}`, name, schema)),
    ...Object.entries(payloads).map(([name, schema]) => one(`payloads/${name}`, name, schema)),
    ...contracts.map(({ file, contract: { name, params, row, docs } }): NamedText => {
      const $defs = { params: inner(params), row: inner(row) }
      return [
        `jobs/${file.replace(/\.ts$/, '.json')}`,
        json({ $schema: dialect, title: name, description: docs.summary, $defs }),
      ]
    }),
  ]
}

const dialect = 'https://json-schema.org/draft/2020-12/schema'

function one(path: string, title: string, schema: z.ZodType): NamedText {
  return [`${path}.json`, json({ $schema: dialect, title, ...inner(schema) })]
}

function inner(schema: z.ZodType): Record<string, unknown> {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' })
  return rest
}

const json = (value: unknown) => `${JSON.stringify(value, undefined, 2)}\n`
