import { useContext } from 'preact/hooks'
import { LineTabContext } from './messages/line-tab-context.ts'
import { parseRichText, type TextPart } from './parse-rich-text.ts'

type Props = { readonly text: string; readonly names?: readonly string[] | undefined }

/** Shows a text with its links, simple marks and mentions. A text never becomes HTML. */
export const RichText = ({ text, names }: Props) => (
  <>
    {parseRichText(text, names).map((part, n) => (
      <Part key={n} {...part} />
    ))}
  </>
)

function Part({ kind, text }: TextPart) {
  const tabIndex = useContext(LineTabContext)
  switch (kind) {
    case 'plain':
      return <>{text}</>
    case 'bold':
      return <strong>{text}</strong>
    case 'italic':
      return <em>{text}</em>
    case 'code':
      return <code>{text}</code>
    case 'block':
      return <pre>{text}</pre>
    case 'mention':
      return <mark>{text}</mark>
    case 'link':
      return (
        <a href={text} target="_blank" rel="noopener noreferrer nofollow" tabIndex={tabIndex}>
          {text}
        </a>
      )
  }
}
