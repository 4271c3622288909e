import type { ClientErrorCode } from '@fastchat/client'
import type { ErrorCode } from '@fastchat/schema'

/** The codes of errors that the page shows: of the server, of the client, and of the page. */
export type PageErrorCode = ErrorCode | ClientErrorCode | 'unreachable' | 'unexpected' | 'not_a_picture' | 'no_camera'

/** The words for every code: what happened, and what to do. Each code needs words to compile. */
export type ErrorWords = Readonly<Record<PageErrorCode, string>>
