declare const __BUILD__: string

/** The digest of the sources that this build was made from. */
export const buildId: string = __BUILD__
