import { publint } from 'publint'
import { formatMessage } from 'publint/utils'

/** Returns what publint finds in a built package, down to suggestions. */
export async function lintPackage(folder: string): Promise<readonly string[]> {
  const { messages, pkg } = await publint({ pkgDir: folder, strict: true, pack: 'npm' })
  return messages.map((message) => formatMessage(message, pkg) ?? message.code)
}
