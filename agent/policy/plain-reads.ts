// What is allowed without a policy file: reads of the directory that show no more than an administrator's list does.

export const plainReads: ReadonlySet<string> = new Set([
  'org.get',
  'users.list',
  'users.get',
  'groups.list',
  'groups.get',
  'groups.members.list',
])
