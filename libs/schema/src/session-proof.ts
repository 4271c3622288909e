/**
 * What a registered device signs (Ed25519, over the UTF-8 bytes) to be given a session: the text is bound to one enrol token,
 * which lives for minutes and names the user, so a proof is worth nothing elsewhere or later.
 */
export function sessionProofText(enrolToken: string): string {
  return `fastchat session v1\n${enrolToken}`
}
