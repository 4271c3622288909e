import { deriveSecrets, type PasswordInput } from '@fastchat/crypto'

// A web worker that answers one question; `undefined` says that whoever asked has to find out what is wrong with it.
self.addEventListener('message', async ({ data }: MessageEvent<PasswordInput>) => {
  self.postMessage(await deriveSecrets(data).catch(() => undefined))
})
