import { Argument, type Command, Option } from 'commander';
import { print, withExamples } from './common.ts';

/** A command with everything that can follow it. */
interface Node {
  /** Words after the program's name; empty for the program itself. */
  readonly path: string;
  readonly words: readonly string[];
}

const shells = { bash: bashScript, zsh: zshScript, fish: fishScript };

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
    'kubesentiment completion fish | source       # in ~/.config/fish/config.fish',
  );
}

/** Every command of the program, parents before children. */
export function commandTree(program: Command): Node[] {
  return commandsOf(program).map(({ path, command }) => {
    const names = command.commands.map((child) => child.name());
    const options = visibleOptions(command).map((option) => option.long ?? (option.short as string));
    return { path, words: [...names, ...choicesOf(command), ...options] };
  });
}

/** Its own options and `--help`. */
export function visibleOptions(command: Command): Option[] {
  return [...command.options, new Option('-h, --help', 'display help for command')];
}

interface Place {
  readonly path: string;
  readonly command: Command;
}

function commandsOf(command: Command, path = ''): Place[] {
  const children = command.commands.flatMap((child) => commandsOf(child, `${path} ${child.name()}`.trim()));
  return [{ path, command }, ...children];
}

/** Words that an argument of the command may be. */
function choicesOf(command: Command): string[] {
  return command.registeredArguments.flatMap(({ argChoices }) => argChoices ?? []);
}

/**
 * The commands typed so far select the one to complete. Where nothing fits, and for the value of an option without
 * choices, file names are completed.
 */
function bashScript(program: Command): string {
  const places = commandsOf(program);
  const cases = commandTree(program).map(({ path, words }) => `    '${path}') words='${words.join(' ')}' ;;`);
  const values = places.flatMap(({ path, command }) =>
    command.options
      .filter(({ required }) => required)
      .map(({ short, long, argChoices = [] }) => {
        const names = [short, long].flatMap((name) => (name ? [`'${path}:${name}'`] : []));
        return `    ${names.join('|')}) words='${argChoices.join(' ')}' ;;`;
      }),
  );
  const paths = places.flatMap(({ path }) => (path === '' ? [] : [`'${path}'`]));
  return `_kubesentiment() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" path='' known words word index
  for ((index = 1; index < COMP_CWORD; index++)); do
    word="\${COMP_WORDS[index]}"
    known="\${path:+$path }$word"
    case "$known" in
      ${paths.join('|')}) path="$known" ;;
    esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  case "$path:$previous" in
${values.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _kubesentiment kubesentiment`;
}

/** Zsh runs the same function through its bash emulation. */
function zshScript(program: Command): string {
  return `autoload -U +X bashcompinit && bashcompinit\n${bashScript(program)}`;
}

/** Fish describes what it completes, so each word has a line of its own. */
function fishScript(program: Command): string {
  const places = commandsOf(program);
  const paths = places.flatMap(({ path }) => (path === '' ? [] : [quoted(path)]));
  const lines = places.flatMap(({ path, command }) => {
    const at = `complete -c kubesentiment -n '__kubesentiment_at "${path}"'`;
    return [
      ...command.commands.map((child) => `${at} -f -a ${child.name()} -d ${quoted(child.description())}`),
      ...choicesOf(command).map((choice) => `${at} -f -a ${choice}`),
      ...visibleOptions(command).map((option) => `${at} ${fishOption(option)}`),
    ];
  });
  return `function __kubesentiment_at
  set -l path ''
  for word in (commandline -opc)[2..]
    set -l known (string trim -- "$path $word")
    contains -- $known ${paths.join(' ')}; and set path $known
  end
  test "$path" = "$argv[1]"
end
${lines.join('\n')}`;
}

function fishOption({ short, long, required, argChoices, description }: Option): string {
  const names = [short && `-s ${short.slice(1)}`, long && `-l ${long.slice(2)}`].filter(Boolean).join(' ');
  const value = argChoices === undefined ? '-r -F' : `-x -a ${quoted(argChoices.join(' '))}`;
  return `${names}${required ? ` ${value}` : ''} -d ${quoted(description)}`;
}

function quoted(text: string): string {
  return `'${text.replaceAll('\n', ' ').replaceAll(/[\\']/g, '\\$&')}'`;
}
