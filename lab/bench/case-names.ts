/** The cases of an ordinary run. The others take longer, or measure clients rather than servers. */
export const defaultCaseNames = ['idle', 'pairs', 'group', 'append', 'logins', 'sync'] as const
export const caseNames = [
  ...defaultCaseNames,
  'growth',
  'e2ee',
  'chain',
  'commit',
  'cli',
  'receipts',
  'sessions',
  'chats',
] as const
export type CaseName = (typeof caseNames)[number]

export const isCaseName = (name: string): name is CaseName => caseNames.some((known) => known === name)
