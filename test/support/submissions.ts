// Runs to try the control plane with, and rows that fit them.

import type { Submission } from '../../control-plane/runs/runs.ts'

export const groupsList: Submission = {
  agent: 'acme',
  job: 'groups.list',
  connection: 'main',
  params: {},
  requester: 'somebody',
}

export const membersAdd: Submission = {
  ...groupsList,
  job: 'groups.members.add',
  params: { groupId: '6026da081f24755306c2ee0d', userIds: ['6026bec6b8207255280d5981'] },
}

export function groupRow(number: number) {
  return { id: number.toString(16).padStart(24, '0'), name: `Group ${number}`, description: null, email: null }
}

export function groupRows(from: number, count: number) {
  return Array.from({ length: count }, (_, index) => groupRow(from + index))
}
