/** The people of the demo. */
export const demoPeople = ['ann', 'ben', 'cleo', 'dana'] as const
export type DemoName = (typeof demoPeople)[number]

/** All of them have this password, which is no secret. */
export const demoPassword = 'try-fastchat'
