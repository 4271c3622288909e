import { parseRichText, type TextPart } from './parse-rich-text.ts'

/** Shows a text with its links and simple marks. A text never becomes HTML. */
export const RichText = ({ text }: { readonly text: string }) => <>{parseRichText(text).map(viewOf)}</>

function viewOf(part: TextPart, n: number) {
  switch (part.kind) {
    case 'plain':
      return part.text
    case 'bold':
      return <strong key={n}>{part.text}</strong>
    case 'italic':
      return <em key={n}>{part.text}</em>
    case 'code':
      return <code key={n}>{part.text}</code>
    case 'link':
      return (
        <a key={n} href={part.text} target="_blank" rel="noopener noreferrer nofollow">
          {part.text}
        </a>
      )
  }
}
