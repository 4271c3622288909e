/** The help text below the list of commands. */
export const environmentHelp = `
Environment:
  FASTCHAT_URL            the server (default http://localhost:8080)
  FASTCHAT_HOME           keys and history of this device (default ~/.local/share/fastchat)
  FASTCHAT_PASSWORD_FILE  a file with the password
  FASTCHAT_PASSWORD       the password itself; without either you are asked
  FASTCHAT_NEW_PASSWORD[_FILE], FASTCHAT_RECOVERY_KEY[_FILE]  for passwd and recovery
  NO_COLOR                no colours

TO is a user's or a group's name; write @user or #group to be exact.
Exit codes: 0 done, 64 usage, 69 no server, or no chat pod ("Sorry, No services available"), 77 only admins may, 130 interrupted, 1 anything else.`

export const jsonHelp = `
With --json each result is one object on a line: {"type": …}. Lines of chats have: type (message, system, gap),
conversation, chat, kind, seq, id, from, device, at, and text, or file {name, size, mime, width, height} and caption.
An error is {"type":"error","code","message"}.
Programs that do more than one thing run fastchat api: a JSON object a line in, results out.`
