// What Directory Insights refuses and what it silently mends.

import { expect } from 'vitest'
import { MANUAL_CLOCK_START_AT } from '../../jumpcloud/manual-clock.ts'
import { type Behaviour, SOURCE } from './behaviour.ts'

const WEEK_AGO = new Date(MANUAL_CLOCK_START_AT - 7 * 24 * 3600 * 1000).toISOString()
const EVENTS = 'POST /insights/directory/v1/events'
const ALL_WEEK = { service: ['all'], start_time: WEEK_AGO }

export const insightsBehaviours: readonly Behaviour[] = [
  {
    id: 'di.unknown-service',
    given: 'a service that does not exist; the answer lists those that do',
    source: SOURCE.spec,
    request: () => [EVENTS, { body: { ...ALL_WEEK, service: ['weather'] } }],
    status: 400,
    body: { message: expect.stringContaining('directory') },
  },
  {
    id: 'di.bad-fields',
    given: 'an empty list of fields',
    source: SOURCE.spec,
    request: () => [EVENTS, { body: { ...ALL_WEEK, fields: [] } }],
    status: 400,
    body: { message: expect.stringContaining('fields') },
  },
  {
    id: 'di.bad-fields (unknown)',
    given: 'only fields that no event has',
    source: SOURCE.spec,
    request: () => [EVENTS, { body: { ...ALL_WEEK, fields: ['weather'] } }],
    status: 400,
    body: { message: expect.stringContaining('fields') },
  },
  ...[
    { service: ['all'] },
    { service: ['all'], start_time: 'yesterday' },
    { service: ['all'], start_time: '2999-01-01T00:00:00Z' },
    { service: ['all'], start_time: WEEK_AGO, end_time: '2020-01-01T00:00:00Z' },
  ].map(
    (body, number): Behaviour => ({
      id: `di.bad-time (${number + 1})`,
      given: 'a start that is missing, no time, in the future, or after the end',
      source: SOURCE.spec,
      request: () => [EVENTS, { body }],
      status: 400,
      body: { message: expect.stringContaining('tart') },
    }),
  ),
  {
    id: 'di.bad-limit',
    given: 'a limit that makes no sense',
    source: SOURCE.spec,
    request: () => [EVENTS, { body: { ...ALL_WEEK, limit: 'many' } }],
    status: 200,
    headers: { 'x-limit': '1000' },
  },
  {
    id: 'di.bad-sort',
    given: 'a sort that makes no sense',
    source: SOURCE.spec,
    request: () => [EVENTS, { body: { ...ALL_WEEK, sort: 'sideways' } }],
    status: 200,
    headers: { 'x-sort': 'ASC' },
  },
  {
    id: 'di.not-entitled',
    given: 'an organisation without Directory Insights',
    source: SOURCE.spec,
    before: ({ tenant }) => {
      tenant.directoryInsights = false
    },
    request: () => [EVENTS, { body: ALL_WEEK }],
    status: 402,
    body: { message: 'Directory Insights is not enabled for your organization' },
  },
  {
    id: 'di.bad-key',
    given: 'a wrong key',
    source: `${SOURCE.spec}; the wording is uncertain`,
    request: () => [EVENTS, { key: 'jca_other', body: ALL_WEEK }],
    status: 401,
    body: { message: 'Unauthorized' },
  },
  {
    id: 'di.command-runner',
    given: 'the key of a Command Runner',
    source: SOURCE.documentation,
    request: ({ keys }) => [EVENTS, { key: keys.commandRunner, body: ALL_WEEK }],
    status: 403,
  },
]
