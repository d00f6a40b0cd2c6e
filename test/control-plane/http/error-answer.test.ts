import { SallyportError } from '@sallyport/protocol'
import { expect, test } from 'vitest'
import { toErrorAnswer } from '../../../control-plane/http/error-answer.ts'

test.for([
  ['request_invalid', 400],
  ['token_expired', 401],
  ['scope_missing', 403],
  ['run_unknown', 404],
  ['idempotency_conflict', 409],
  ['code_expired', 410],
  ['body_too_large', 413],
  ['params_invalid', 422],
  ['internal_error', 500],
] as const)('answers %s with %i', ([code, status]) => {
  expect(toErrorAnswer(new SallyportError(code, 'why')).status).toBe(status)
})

test('carries fault, retry and the rule, and never the cause', () => {
  const error = new SallyportError('policy_denied', 'no', {
    rule: 'connections.main.allow',
    cause: new Error('inside'),
  })

  expect(toErrorAnswer(error).body).toEqual({
    error: { code: 'policy_denied', message: 'no', fault: 'customer', retry: false, rule: 'connections.main.allow' },
  })
})

test('says nothing of what went wrong inside', () => {
  const { status, body } = toErrorAnswer(new Error('SQLITE_CORRUPT in secrets.db'))

  expect(status).toBe(500)
  expect(body).toMatchObject({ error: { code: 'plane_error', fault: 'plane', retry: true } })
  expect(JSON.stringify(body)).not.toContain('SQLITE')
})
