/**
 * Returns the codes of a picture in the protocol of iTerm2 (OSC 1337). The picture is a PNG that
 * this program has made.
 *
 * Source: https://iterm2.com/documentation-images.html
 */
export function iterm2Codes(png: Uint8Array, { columns, rows }: { columns: number; rows: number }): string {
  const how = `inline=1;size=${png.length};width=${columns};height=${rows};preserveAspectRatio=1`
  return `\u001b]1337;File=${how}:${Buffer.from(png).toString('base64')}\u0007`
}
