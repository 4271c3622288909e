/**
 * Returns the text that a registered device signs to open a session (Ed25519, over the UTF-8
 * bytes). The text contains one enrol token, which names the user and lives for minutes, so the
 * proof is useless elsewhere and later.
 */
export function sessionProofText(enrolToken: string): string {
  return `fastchat session v1\n${enrolToken}`
}
