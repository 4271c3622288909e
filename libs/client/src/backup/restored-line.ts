import type { Annotation } from '@fastchat/schema'
import type { Entry } from '../store/records.ts'

/**
 * A line that came from the backup. `said` is the change of another message that it is: its entry
 * does not hold it.
 */
export type RestoredLine = Entry & { readonly said?: Annotation | undefined }
