/** First words of commands with two words, and what each family does. */
export const families: Readonly<Record<string, string>> = { group: 'make groups, and change their members' }
