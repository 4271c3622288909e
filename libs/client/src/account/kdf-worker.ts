import { type AccountSecrets, deriveSecrets, type PasswordInput } from '@fastchat/crypto/password'

/** The one answer of this worker. */
export type DerivedInWorker = { readonly secrets: AccountSecrets } | { readonly failure: string }

// This web worker answers one request.
self.addEventListener('message', async ({ data }: MessageEvent<PasswordInput>) => {
  const answer: DerivedInWorker = await deriveSecrets(data).then(
    (secrets) => ({ secrets }),
    (error: unknown) => ({ failure: String(error) }),
  )
  self.postMessage(answer)
})
