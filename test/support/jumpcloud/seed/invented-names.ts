// Owns names that belong to nobody: people are built from syllables, addresses end in example.com.

import type { Draw } from '../random.ts'

const OPENINGS = ['Ab', 'Bre', 'Cal', 'Dov', 'El', 'Fen', 'Gri', 'Hal', 'Ib', 'Jor', 'Kel', 'Lu', 'Mir', 'Nev'] as const
const MIDDLES = ['a', 'an', 'e', 'el', 'i', 'in', 'o', 'or', 'u', 'ysh'] as const
const ENDINGS = ['bex', 'dru', 'fel', 'gan', 'kit', 'lon', 'mir', 'nox', 'pra', 'rin', 'tas', 'vek'] as const
const HOUSES = ['wick', 'thorn', 'mere', 'gate', 'fold', 'holt', 'stow', 'beck'] as const

export interface InventedPerson {
  readonly firstname: string
  readonly lastname: string
  readonly username: string
  readonly email: string
}

/** The number keeps usernames apart however many people there are. */
export function inventPerson(draw: Draw, number: number): InventedPerson {
  const firstname = draw.pick(OPENINGS) + draw.pick(MIDDLES) + draw.pick(ENDINGS)
  const lastname = draw.pick(OPENINGS) + draw.pick(ENDINGS) + draw.pick(HOUSES)
  const username = `${firstname}.${lastname}.${number}`.toLowerCase()
  return { firstname, lastname, username, email: `${username}@example.com` }
}

export const DEPARTMENTS = [
  'Engineering',
  'Finance',
  'Legal',
  'Marketing',
  'Operations',
  'People',
  'Sales',
  'Support',
] as const
export const PLACES = ['Harbour House', 'Mill Lane', 'North Tower', 'Remote'] as const

export function inventGroupName(draw: Draw, number: number): string {
  return `${draw.pick(DEPARTMENTS)} ${draw.pick(OPENINGS)}${draw.pick(ENDINGS)} ${number}`
}
