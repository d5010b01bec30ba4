/** Completion for bash, which works with and without the package bash-completion. */
import type { Completed, CompletedOption, Words } from './words.ts';

export function bashCompletion({ options, commands }: Words): string {
  const own = commands.map(
    ({ name, options: own, takes }) => `\t${name}) options='${flags(own)}' arguments=${kind(takes)} ;;`,
  );
  const values = commands.flatMap(({ name, options: own }) =>
    own.flatMap((option) => value(option, `${name} `)),
  );
  return `# Completion of multiflexi-cli and multiflexi-housekeeper for bash.
# Made by scripts/packaging/completion/bash.ts, from what --help shows.

# Sets options and arguments to what the command $1 takes.
_multiflexi_command() {
	case $1 in
${own.join('\n')}
	*) options='' arguments='' ;;
	esac
}

# Sets takes to what the option $2 of the command $1 takes; blank where it takes no value.
_multiflexi_value() {
	case "$1 $2" in
${options.flatMap((option) => value(option, '*" "')).join('\n')}
${values.join('\n')}
	*) takes='' ;;
	esac
}

_multiflexi_cli() {
	local line=\${COMP_LINE:0:COMP_POINT} words word command='' previous='' options arguments takes
	read -ra words <<<"$line"
	[[ $line != *[[:space:]] ]] || words+=('')
	local current=\${words[-1]}
	[[ \${words[0]##*/} != multiflexi-housekeeper ]] || command=housekeeper:run
	# The command is the first word that is neither an option nor an option's value.
	for word in "\${words[@]:1:\${#words[@]}-2}"; do
		if [[ -z $command && $word != -* ]]; then
			_multiflexi_value '' "$previous"
			[[ -n $takes ]] || command=$word
		fi
		previous=$word
	done
	_multiflexi_command "$command"
	_multiflexi_value "$command" "$previous"
	local before=''
	if [[ $current == --*=* ]]; then
		_multiflexi_value "$command" "\${current%%=*}"
		before=\${current%%=*}=
		current=\${current#*=}
	elif [[ -z $takes || ( $takes == optional* && $current == -* ) ]]; then
		if [[ $current == -* ]]; then
			takes="$options ${flags(options)}"
		elif [[ -z $command ]]; then
			takes='${commands.map(({ name }) => name).join(' ')}'
		else
			takes=$arguments
		fi
	fi
	takes=\${takes#optional }
	case $takes in
	'' | anything) COMPREPLY=() ;;
	file) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$current") ;;
	directory) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$current") ;;
	*) mapfile -t COMPREPLY < <(compgen -W "$takes" -- "$current") ;;
	esac
	# Bash replaces what is behind the last of its breaks, not the whole word.
	if [[ -n $before && $COMP_WORDBREAKS != *=* ]]; then
		COMPREPLY=("\${COMPREPLY[@]/#/$before}")
	elif [[ $current == *:* && $COMP_WORDBREAKS == *:* ]]; then
		COMPREPLY=("\${COMPREPLY[@]#"\${current%:*}:"}")
	fi
}

complete -F _multiflexi_cli multiflexi-cli multiflexi-housekeeper
`;
}

function flags(options: readonly CompletedOption[]): string {
  return options
    .flatMap(({ long, short }) => [long, short])
    .filter((flag) => flag !== undefined)
    .join(' ');
}

function kind(takes: Completed | undefined): string {
  if (takes === undefined) return "''";
  return typeof takes === 'string' ? takes : `'${takes.join(' ')}'`;
}

function value({ long, short, takes, optional }: CompletedOption, prefix: string): string[] {
  if (takes === undefined) return [];
  const words = `${optional ? 'optional ' : ''}${typeof takes === 'string' ? takes : takes.join(' ')}`;
  const patterns = [long, short]
    .filter((flag) => flag !== undefined)
    .map((flag) => `${prefix.startsWith('*') ? `*' ${flag}'` : `'${prefix}${flag}'`}`);
  return [`\t${patterns.join(' | ')}) takes='${words}' ;;`];
}
