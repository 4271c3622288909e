import type { FoundLine } from '../../engine/calls/search-calls.ts'
import { lineWords } from '../line-words.ts'
import { usePage } from '../page-context.ts'
import styles from '../search-dialog.module.css'
import { shortTime } from '../times.ts'
import { excerptOf } from './excerpt.ts'

type Props = { readonly found: FoundLine; readonly onGo: () => void }

/** One message that a search has found, with the found words. */
export function FoundItem({ found: { title, line, highlights }, onGo }: Props) {
  const { words, language, clock } = usePage()
  const pieces =
    line.text === '' ? [{ text: lineWords(line, words), isFound: false }] : excerptOf(line.text, highlights)
  return (
    <li>
      <button type="button" class={styles.found} onClick={onGo}>
        <span class={styles.words} dir="auto">
          <small>
            {title} · {line.name} · {shortTime(line.at, language, clock.wallMs())}
          </small>
          <span class={styles.excerpt}>
            {pieces.map(({ text, isFound }, n) => (isFound ? <mark key={n}>{text}</mark> : text))}
          </span>
        </span>
      </button>
    </li>
  )
}
