import { shownLabel } from '@fastchat/schema'

/** The marks around usernames that stand beside display names. In a name they would mislead. */
const marks = /[@()\uFF20\uFE6B\uFF08\uFF09\uFE59\uFE5A\u207D\u207E\u208D\u208E\u2768-\u276B]/gu

/**
 * Returns a display name as it is shown: without invisible characters, and without the marks that
 * surround usernames. It is a claim of its owner and never stands alone. Returns undefined when
 * nothing visible is left.
 */
export const shownName = (written: string): string | undefined => shownLabel(written.replace(marks, ''))
