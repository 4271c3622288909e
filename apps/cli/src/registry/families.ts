/** The first words that several commands share, with their help texts. */
export const families: Readonly<Record<string, string>> = {
  group: 'make groups, and change their members',
  recovery: 'open the account when the password is lost',
  account: 'delete your account',
}
