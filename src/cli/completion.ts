import { Argument, type Command, Option } from 'commander';
import { print, withExamples } from './common.ts';

/** A command with everything that can follow it. */
interface Node {
  /** Words after the program's name; empty for the program itself. */
  readonly path: string;
  readonly words: readonly string[];
}

const shells = { bash: bashScript, zsh: zshScript };

export function registerCompletionCommand(program: Command): void {
  const command = program
    .command('completion')
    .description('print a shell completion script')
    .addArgument(new Argument('<shell>', 'shell to complete for').choices(Object.keys(shells)))
    .action((shell: keyof typeof shells) => print(shells[shell](program)));
  withExamples(
    command,
    'source <(kubesentiment completion bash)      # in ~/.bashrc',
    'source <(kubesentiment completion zsh)       # in ~/.zshrc, after compinit',
  );
}

/** Every command of the program, parents before children. */
export function commandTree(program: Command): Node[] {
  const visit = (command: Command, path: string): Node[] => {
    const names = command.commands.map((child) => child.name());
    const options = visibleOptions(command).map((option) => option.long ?? (option.short as string));
    const children = command.commands.flatMap((child) => visit(child, `${path} ${child.name()}`.trim()));
    const choices = command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
    return [{ path, words: [...names, ...choices, ...options] }, ...children];
  };
  return visit(program, '');
}

/** Its own options and `--help`. */
export function visibleOptions(command: Command): Option[] {
  return [...command.options, new Option('-h, --help', 'display help for command')];
}

/** The commands typed so far select the one to complete; where nothing fits, file names are completed. */
function bashScript(program: Command): string {
  const cases = commandTree(program).map(({ path, words }) => `    '${path}') words='${words.join(' ')}' ;;`);
  return `_kubesentiment() {
  local current="\${COMP_WORDS[COMP_CWORD]}" path='' known words word index
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    known="\${path:+$path }$word"
    case "$known" in
      ${commandTree(program)
        .filter(({ path }) => path !== '')
        .map(({ path }) => `'${path}'`)
        .join('|')}) path="$known" ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _kubesentiment kubesentiment`;
}

/** Zsh runs the same function through its bash emulation. */
function zshScript(program: Command): string {
  return `autoload -U +X bashcompinit && bashcompinit\n${bashScript(program)}`;
}
