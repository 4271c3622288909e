import { deriveSecrets, type PasswordInput } from '@fastchat/crypto/password'

// This web worker answers one request. `undefined` means that the derivation failed; the caller
// repeats it to get the error.
self.addEventListener('message', async ({ data }: MessageEvent<PasswordInput>) => {
  self.postMessage(await deriveSecrets(data).catch(() => undefined))
})
