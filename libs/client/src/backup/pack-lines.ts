import { type Line, lineBytes, maxLinesBytes } from './lines.ts'
import { type Ranges, type Span, without } from './ranges.ts'

/** The contents of one segment: its lines, and the positions that it covers. */
export type Pack = { readonly ranges: Ranges; readonly lines: readonly Line[] }

/**
 * Cuts lines into packs that fit into a segment. Lines of one position stay together. Each covered
 * position is in one pack.
 */
export function packLines(covered: Ranges, lines: readonly Line[]): readonly Pack[] {
  const groups: Line[][] = []
  let bytes = 0
  for (const line of lines) {
    const size = lineBytes(line)
    const group = groups.at(-1)
    const isSame = group?.at(-1)?.seq === line.seq
    if (group && (isSame || bytes + size <= maxLinesBytes)) {
      group.push(line)
      bytes += size
    } else {
      groups.push([line])
      bytes = size
    }
  }
  return groups.map((group, at) => {
    const from = at === 0 ? 0 : (group[0]?.seq ?? 0)
    const to = (groups[at + 1]?.[0]?.seq ?? Number.MAX_SAFE_INTEGER) - 1
    return { ranges: within(covered, [from, to]), lines: group }
  })
}

function within(ranges: Ranges, [from, to]: Span): Ranges {
  return without(ranges, [
    [0, from - 1],
    [to + 1, Number.MAX_SAFE_INTEGER],
  ])
}
