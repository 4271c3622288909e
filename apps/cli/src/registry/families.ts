/** Words that only begin commands. */
export const families: Readonly<Record<string, string>> = { group: 'make groups, and change who is in them' }
