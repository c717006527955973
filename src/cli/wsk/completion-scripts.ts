/**
 * Scripts by which shells complete the client's command lines. They know nothing of the commands:
 * the client itself is asked at every tab (complete.ts).
 */

const BASH = `# bash completion of wsk
_wsk_complete() {
  local answer line
  local words=("\${COMP_WORDS[@]:1:COMP_CWORD}")
  COMPREPLY=()
  answer=$("\${COMP_WORDS[0]}" __complete "\${words[@]}" 2>/dev/null) || return
  while IFS= read -r line; do
    case $line in
      :0) compopt -o default 2>/dev/null ;;
      :*) ;;
      *) COMPREPLY+=("\${line%%$'\\t'*}") ;;
    esac
  done <<<"$answer"
}
complete -F _wsk_complete wsk
`;

const ZSH = `#compdef wsk
# zsh completion of wsk
_wsk() {
  local -a answer candidates
  local line
  answer=("\${(@f)$("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  for line in "\${(@)answer}"; do
    [[ $line == *$'\\t'* ]] || continue
    candidates+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
  done
  if (( \${#candidates} )); then
    _describe wsk candidates
  elif [[ \${answer[-1]} == :0 ]]; then
    _files
  fi
}
if [[ \${funcstack[1]} == _wsk ]]; then
  _wsk "$@"
else
  compdef _wsk wsk
fi
`;

export const COMPLETION_SCRIPTS = { bash: BASH, zsh: ZSH } as const;
