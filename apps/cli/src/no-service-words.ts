/** The beginning of each message about a missing server. */
export const noServiceWords = 'Sorry, No services available'
