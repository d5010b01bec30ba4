/** Completion for zsh. */
import type { Completed, CompletedOption, Words } from './words.ts';

export function zshCompletion({ options, commands }: Words): string {
  const described = commands.map(
    ({ name, summary }) => `\t\t'${quoted(name.replaceAll(':', '\\:'))}:${quoted(summary)}'`,
  );
  const cases = commands.map(({ name, options: own, takes }) => {
    const specs = [...own.flatMap(spec), ...(takes === undefined ? [] : [`'*:argument:${action(takes)}'`])];
    return `\t${name}) own=(${specs.map((one) => `\n\t\t${one}`).join('')}\n\t) ;;`;
  });
  return `#compdef multiflexi-cli multiflexi-housekeeper
# Completion of multiflexi-cli and multiflexi-housekeeper for zsh.
# Made by scripts/packaging/completion/zsh.ts, from what --help shows.

_multiflexi_options() {
	local -a own
	case $1 in
${cases.join('\n')}
	esac
	_arguments -s -S $everywhere $own
}

_multiflexi() {
	local -a everywhere commands
	everywhere=(
${options
  .flatMap(spec)
  .map((one) => `\t\t${one}`)
  .join('\n')}
	)
	commands=(
${described.join('\n')}
	)
	if [[ $service == multiflexi-housekeeper ]]; then
		_multiflexi_options housekeeper:run
		return
	fi
	local context state state_descr line
	typeset -A opt_args
	_arguments -C -s -S $everywhere '1: :->command' '*:: :->arguments' && return
	case $state in
	command) _describe -t commands command commands ;;
	arguments) _multiflexi_options $words[1] ;;
	esac
}

_multiflexi "$@"
`;
}

/** What _arguments wants to know of an option, once for each of its names. */
function spec({ long, short, description, takes, optional }: CompletedOption): string[] {
  const names = [long, short].filter((flag) => flag !== undefined);
  const value = takes === undefined ? '' : `${optional ? '::' : ':'}value:${action(takes)}`;
  // One that may be repeated is offered again.
  const often = /may be repeated/.test(description) ? '*' : '';
  return names.map((name) => {
    const others = often === '' && names.length > 1 ? `(${names.join(' ')})` : '';
    const flag = takes === undefined || !name.startsWith('--') ? name : `${name}=`;
    return `'${others}${often}${flag}[${quoted(description.replace(/[[\]]/g, '\\$&'))}]${value}'`;
  });
}

function action(takes: Completed): string {
  if (typeof takes !== 'string') return `(${takes.map((word) => word.replaceAll(':', '\\:')).join(' ')})`;
  if (takes === 'file') return '_files';
  return takes === 'directory' ? '_files -/' : ' ';
}

const quoted = (words: string) => words.replaceAll("'", "'\\''");
