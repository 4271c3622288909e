import { command } from './command.ts'
import { option, optional } from './param.ts'
import { text } from './value.ts'

/** The commands that judge a server. They need no account. */
export const serverCommands = [
  command('verify-web', {
    does: 'compare the page that a server sends now with the one of a release, by the SHA-256 of its files',
    examples: ['fastchat verify-web https://chat.example.com', 'fastchat verify-web --manifest page-manifest.json'],
    params: {
      url: optional(text(), 'the address of the page; without it the server of FASTCHAT_URL'),
      manifest: option(text('file'), 'the manifest of a release; without it the page of this version is built', {
        completes: 'file',
      }),
    },
    run: async (context, { url, ...options }) =>
      (await import('../commands/verify-web.ts')).verifyWeb(context, url, options),
  }),
]
