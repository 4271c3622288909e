import { generateKeyPairSync } from 'node:crypto'
import { chmod, readFile, rename, stat, writeFile } from 'node:fs/promises'
import { calculateJwkThumbprint, type JWK } from 'jose'
import { AdminError } from '../admin-error.ts'
import type { Context } from '../context.ts'

/** After this time every verifier has fetched the keys again. */
const publishedAfterMs = 10 * 60_000
/**
 * After this time the last token of the former key has ended: auth signs with it for some seconds
 * more, tokens live 10 minutes, and clocks may differ by half a minute.
 */
const endedAfterMs = 11 * 60_000

type Key = JWK & { readonly kid: string }

/** Lists the keys without their private parts. */
export async function keysList({ out }: Context, file: string): Promise<void> {
  const keys = await read(file)
  out.table(
    keys.map(({ kid, kty, crv }, at) => ({ kid, type: `${kty} ${crv}`, use: at === 0 ? 'signs' : 'verifies' })),
    'No keys',
  )
}

/** Step 1 of a rotation: adds a key that verifies but does not sign yet. */
export async function keysAdd({ out }: Context, file: string): Promise<void> {
  const keys = await read(file)
  const { kty, crv, x, d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' }) as JWK
  const kid = await calculateJwkThumbprint({ kty: kty!, crv: crv!, x: x! })
  await write(file, [...keys, { kty, crv, x, d, kid, alg: 'EdDSA', use: 'sig' } as Key])
  out.result(
    { kid, use: 'verifies' },
    `Added ${kid}\nNext, in 10 minutes or later: fastchat-admin keys use ${file} ${typed(kid)}`,
  )
}

/** Step 2: lets the key sign. The former one still verifies the tokens that it signed. */
export async function keysUse(
  { out, clock }: Context,
  file: string,
  kid: string,
  { now }: { readonly now?: true },
): Promise<void> {
  const keys = await read(file)
  const chosen = find(keys, kid)
  const ageMs = clock.wallMs() - (await stat(file)).mtimeMs
  if (!now && keys[0] !== chosen && ageMs < publishedAfterMs) {
    const minutes = Math.ceil((publishedAfterMs - ageMs) / 60_000)
    const message = `The file was changed less than 10 minutes ago, so pods may not know this key yet. Wait ${minutes} min, or use --now`
    throw new AdminError('too_early', message)
  }
  await write(file, [chosen, ...keys.filter((key) => key !== chosen)])
  const others = keys.filter((key) => key !== chosen).map((key) => key.kid)
  const next = others.map((other) => `fastchat-admin keys remove ${file} ${typed(other)}`).join('\n')
  out.result(
    { kid, use: 'signs' },
    `${kid} signs\nNext, when the last tokens of the others have ended (11 minutes):\n${next}`,
  )
}

/** Step 3: removes a key whose tokens have ended. With `now` tokens that it signed are rejected. */
export async function keysRemove(
  { out, clock }: Context,
  file: string,
  kid: string,
  { now }: { readonly now?: true },
): Promise<void> {
  const keys = await read(file)
  const chosen = find(keys, kid)
  if (keys[0] === chosen) throw new AdminError('in_use', `${kid} signs. Let another key sign first, with keys use`)
  const leftMs = endedAfterMs - (clock.wallMs() - (await stat(file)).mtimeMs)
  if (!now && leftMs > 0) {
    const minutes = Math.ceil(leftMs / 60_000)
    const message = `The file was changed less than 11 minutes ago, so tokens of this key may still be in use. Wait ${minutes} min, or use --now`
    throw new AdminError('too_early', message)
  }
  await write(
    file,
    keys.filter((key) => key !== chosen),
  )
  out.result({ kid, removed: true }, `Removed ${kid}`)
}

/**
 * Writes a key id for a command line. One in 64 begins with a dash and would be read as an option.
 */
const typed = (kid: string): string => (kid.startsWith('-') ? `-- ${kid}` : kid)

async function read(file: string): Promise<Key[]> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new AdminError('unreadable', `${file} cannot be read`, undefined, { cause })
  })
  const wrong = () => new AdminError('unreadable', `${file} is not a JWKS of private Ed25519 keys`)
  try {
    const { keys } = JSON.parse(text) as { keys: JWK[] }
    const named = await Promise.all(
      keys.map(async (key) => ({ ...key, kid: key.kid ?? (await calculateJwkThumbprint(key)) })),
    )
    if (named.some(({ crv, d }) => crv !== 'Ed25519' || typeof d !== 'string')) throw wrong()
    return named
  } catch {
    // The original error would quote the text.
    throw wrong()
  }
}

function find(keys: readonly Key[], kid: string): Key {
  const found = keys.find((key) => key.kid === kid)
  if (!found) throw new AdminError('unknown_key', `There is no key ${kid} in this file. See fastchat-admin keys list`)
  return found
}

/**
 * Writes the file under another name, with the same rights, and renames it. So auth reads either
 * the former keys or these.
 */
async function write(file: string, keys: readonly Key[]): Promise<void> {
  const { mode } = await stat(file)
  await writeFile(`${file}.new`, `${JSON.stringify({ keys }, null, 2)}\n`, { mode: 0o600 })
  await chmod(`${file}.new`, mode & 0o777)
  await rename(`${file}.new`, file)
}
