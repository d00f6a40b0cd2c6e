// What a credential that may do everything can do, family by family, as far as that is found out without changing anything.

export const everything = {
  organizations: 'yes',
  systemusers: 'yes',
  usergroups: 'yes',
  'usergroups.members': 'yes',
  'usergroups.members.change': 'unproven',
  insights: 'yes',
}
