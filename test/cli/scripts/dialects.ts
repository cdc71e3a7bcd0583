/** How the shells say the same things. */
export interface Dialect {
  readonly name: 'bash' | 'zsh' | 'fish';
  readonly run: (file: string) => string[];
  /** Starts an interactive shell without the person's settings. */
  readonly interactive: string[];
  /** Makes the prompt `mine> `. */
  readonly plainPrompt: string;
  readonly activate: string;
  /** Writes the exit status of the line before to a file of `$OUT`. */
  readonly status: (file: string) => string;
  /** Writes all that a session could change to a file of `$OUT`. */
  readonly dump: (file: string) => string;
  readonly set: (name: string, value: string) => string;
  readonly export: (name: string, value: string) => string;
  /** Options, aliases and variables that people have, and that break scripts. */
  readonly hostile: string[];
  /** What a dump has that no two moments have in common. */
  readonly passing: RegExp;
}

const quoted = (value: string) => `'${value.replaceAll("'", "'\\''")}'`;

const posix = {
  plainPrompt: "PS1='mine> '",
  activate: 'source ./activate',
  status: (file: string) => `\\builtin echo "$?" >|"$OUT"/${file}`,
  set: (name: string, value: string) => `${name}=${quoted(value)}`,
  export: (name: string, value: string) => `\\export ${name}=${quoted(value)}`,
};

const ALIASES = [
  'aws',
  'printf',
  'local',
  'unset',
  'export',
  'read',
  'shift',
  'set',
  'date',
  'command',
  'return',
  'eval',
  'trap',
  'true',
  'sleep',
];

const VALUES = [
  posix.set('AWS_PROFILE', ''),
  'unset AWS_PROFILE',
  posix.export('AWS_REGION', ' two\nlines \n\n'),
  posix.set('AWS_DEFAULT_REGION', "it's $HOME \\ `no`"),
  posix.export('AWS_SECURITY_TOKEN', ''),
  posix.set('AWS_CREDENTIAL_EXPIRATION', 'unexported'),
  posix.export('CDPATH', '/:/usr'),
  posix.set('PS1', "it's \\u \n> "),
  'deactivate() { rm -rf /nowhere; printf "%s\\n" other; }',
];

const bash: Dialect = {
  ...posix,
  name: 'bash',
  run: (file) => ['bash', '--noprofile', '--norc', file],
  interactive: ['bash', '--noprofile', '--norc', '-i'],
  dump: (file) =>
    `{ \\command env -0 | \\command sort -z; \\declare -p; \\declare -f; \\declare -F; \\alias; \\set +o; \\shopt -p; \\trap -p; } >|"$OUT"/${file} 2>/dev/null || :`,
  hostile: [
    'shopt -s expand_aliases nullglob nocasematch',
    ...VALUES,
    'export -f deactivate',
    'export AWS_DEFAULT_PROFILE',
    'trap ": mine" INT',
    'set -u -a -o noclobber',
    "IFS='1e/'",
    ...ALIASES.map((name) => `alias ${name}='echo ALIAS'`),
    "\\alias rm='rm -i'",
  ],
  passing: /^(_=.*|declare -\S+ (_|BASH\w*|LINENO|RANDOM|SRANDOM|SECONDS|EPOCH\w+|PIPESTATUS|FUNCNAME)(=.*)?|BASH_LINENO.*)$/,
};

const zsh: Dialect = {
  ...posix,
  name: 'zsh',
  run: (file) => ['zsh', '-f', file],
  interactive: ['zsh', '-f', '-i', '+Z'],
  dump: (file) =>
    `{ \\command env -0 | \\command sort -z; \\typeset -p; \\functions; \\alias -L; \\set -o; \\trap; } >|"$OUT"/${file} 2>/dev/null || :`,
  hostile: [
    ...VALUES,
    'trap ": mine" INT',
    'setopt sh_word_split no_nomatch ksh_arrays rc_quotes no_clobber no_unset all_export glob_subst null_glob prompt_subst prompt_bang',
    'setopt posix_builtins ksh_glob warn_create_global no_function_argzero csh_null_glob rc_expand_param ksh_typeset err_return',
    "IFS='1e/'",
    ...ALIASES.map((name) => `alias ${name}='echo ALIAS'`),
    "\\alias -g L='| less' G='| grep' local_='echo' '-n'='-z' '2>/dev/null'='' in='out'",
    "\\alias rm='rm -i'",
  ],
  passing:
    /^(_=.*|(typeset|export|declare)( -\S+)* (_|LINENO|RANDOM|SECONDS|EPOCH\w+|TTYIDLE|ERRNO|status|\?|pipestatus|HISTCMD|COLUMNS|LINES)(=.*)?|.*\b(LINENO|RANDOM|SECONDS|TTYIDLE)=.*)$/,
};

const fishQuoted = (value: string) => `'${value.replace(/['\\]/g, (found) => `\\${found}`)}'`;

const fish: Dialect = {
  name: 'fish',
  run: (file) => ['fish', '--no-config', file],
  interactive: ['fish', '--no-config', '--interactive'],
  plainPrompt: 'function fish_prompt; echo -n "mine> "; end',
  activate: 'source ./activate.fish',
  status: (file) => `builtin echo $status >"$OUT"/${file}`,
  dump: (file) =>
    [
      'begin; command env -0 | command sort -z; set --show; functions --all --names; functions --no-details fish_prompt',
      `functions --no-details deactivate; functions aws printf; abbr; trap; end >"$OUT"/${file} 2>/dev/null`,
    ].join('; '),
  set: (name, value) => `set -g ${name} ${fishQuoted(value)}`,
  export: (name, value) => `set -gx ${name} ${fishQuoted(value)}`,
  hostile: [
    'set -gx AWS_REGION " two" lines \\n\\n ""',
    `set -g AWS_DEFAULT_REGION ${fishQuoted("it's $HOME \\ (no)")}`,
    "set -gx AWS_SECURITY_TOKEN ''",
    'set -g AWS_SESSION_TOKEN',
    'set -g AWS_CREDENTIAL_EXPIRATION unexported',
    'set -gx CDPATH / /usr',
    "set -g IFS ''",
    'function fish_prompt; echo "mine $status> "; end',
    'function deactivate; command rm -rf /nowhere; echo other; end',
    ...['aws', 'printf', 'date', 'sleep', 'rm'].map((name) => `function ${name}; echo ALIAS; end`),
  ],
  passing:
    /^(_=.*|\$(status|pipestatus|history|_|CMD_DURATION|fish_kill_signal|last_pid|status_generation|argv|COLUMNS|LINES|__fish_prompt_status_generation|__kill_signals)\b.*)$/,
};

export const dialects = [bash, zsh, fish];

/** A dump without what no two moments have in common. */
export const lasting = (dialect: Dialect, dump: string): string =>
  dump
    .split(/[\n\0]/)
    .filter((line) => !dialect.passing.test(line))
    .join('\n');
