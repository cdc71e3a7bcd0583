import { type SecretFlag, SecretForm } from '../../server/private/provider-config';
import { PATHS, SERVER_GID, SERVER_UID } from './container';

/**
 * Prints the value of one key of a flat JSON object as it is written there, quotes and escapes included, so that it can be written into
 * another JSON document. The image has no JSON tool; this is POSIX awk.
 */
const JSON_FIELD = `
function stop(why) { print why > "/dev/stderr"; failed = 1; exit 1 }
function blank() { sub(/^[ \\t\\r\\n]+/, "", rest) }
function text(  i, c) {
  for (i = 2; i <= length(rest); i++) {
    c = substr(rest, i, 1)
    if (c == "\\\\") { i++; if (!index("\\"\\\\/bfnrtu", substr(rest, i, 1))) stop("is not JSON: a value has a \\\\ that is no escape") }
    else if (c == "\\n") stop("is not JSON: a value has a line break in it; write it as \\\\n")
    else if (c ~ /[[:cntrl:]]/) stop("is not JSON: a value has a control character in it")
    else if (c == "\\"") { literal = substr(rest, 1, i); rest = substr(rest, i + 1); return literal }
  }
  stop("is not JSON: a text has no end")
}
function value() {
  if (rest ~ /^"/) return text()
  if (!match(rest, /^(-?(0|[1-9][0-9]*)([.][0-9]+)?([eE][-+]?[0-9]+)?|true|false|null)/)) stop("is not a flat JSON object")
  literal = substr(rest, 1, RLENGTH); rest = substr(rest, RLENGTH + 1); return literal
}
{ rest = rest sep $0; sep = "\\n" }
END {
  if (failed) exit 1
  blank(); if (rest !~ /^[{]/) stop("is not a JSON object")
  rest = substr(rest, 2)
  for (;;) {
    blank(); if (rest ~ /^[}]/) break
    if (rest !~ /^"/) stop("is not a flat JSON object")
    name = text(); blank()
    if (rest !~ /^:/) stop("is not a flat JSON object")
    rest = substr(rest, 2); blank()
    found[name] = value(); blank()
    if (rest ~ /^,/) { rest = substr(rest, 2); blank(); if (rest !~ /^"/) stop("is not a flat JSON object") }
    else if (rest !~ /^[}]/) stop("is not a flat JSON object")
  }
  rest = substr(rest, 2); blank(); if (rest != "") stop("is not a flat JSON object")
  if (!(("\\"" key "\\"") in found)) stop("has no key " key)
  print found["\\"" key "\\""]
}`.trim();

const CHECKS: { readonly [form in SecretForm]: string } = {
  [SecretForm.TEXT]: 'check_text',
  [SecretForm.NUMBER]: 'check_number',
  [SecretForm.PEM]: 'check_pem',
};

export interface Setup {
  readonly secrets: readonly SecretFlag[];
  /** What is given to the server's user. */
  readonly ownVolumes: readonly string[];
  /** What has to answer for the server to start. */
  readonly calledAtStart: readonly string[];
  /** The command that has to be in the image for the server to start. */
  readonly program?: string;
}

/**
 * The script of the init container. It is the only container that sees the secrets: it checks them, writes them into a file that the
 * server reads once, and gives the server a binary whose memory no other process may read.
 */
export function setupScript({ secrets, ownVolumes, calledAtStart, program }: Setup): string {
  const names = secretEnvironment(secrets);
  return `set -eu
umask 077
fail() { printf 'cdk-atlantis preflight: %s\\n' "$*" >&2; exit 1; }
json_field='${JSON_FIELD}'
empty() { fail "the secret \\"$1\\" has an empty $2; store its value"; }
check_text() {
  case $3 in '""') empty "$1" "$2" ;; *'\\n"' | *'\\r"') fail "$2 in the secret \\"$1\\" ends with a line break; store it without" ;; '"'*'"') ;;
    *) fail "$2 in the secret \\"$1\\" is no text; store it in quotes" ;; esac
}
check_number() {
  number=\${3#\\"}; number=\${number%\\"}
  case $number in '') empty "$1" "$2" ;; *[!0-9]*) fail "$2 in the secret \\"$1\\" is not a number" ;; esac
}
check_pem() {
  case $3 in '""') empty "$1" "$2" ;; '"-----BEGIN RSA PRIVATE KEY-----\\'[rn]*'\\n-----END RSA PRIVATE KEY-----'*'"' | '"-----BEGIN PRIVATE KEY-----\\'[rn]*'\\n-----END PRIVATE KEY-----'*'"') ;;
    *) fail "$2 in the secret \\"$1\\" is not an RSA private key in PEM form; store the whole file with its line breaks as \\\\n" ;; esac
  body=\${3#*KEY-----}; body=\${body%-----END*}
  key=$(printf %s "$body" | sed 's/\\\\[rn]//g; s,\\\\/,/,g' | base64 -d 2>/dev/null | od -An -v -tx1 | tr -d ' \\n')
  case $3 in '"-----BEGIN RSA'*) kind= ;; *) kind=2a864886f70d010101 ;; esac
  case $key in 3082*"$kind"*) size=$(((0x$(printf %s "$key" | cut -c5-8) + 4) * 2)) ;; *) size=none ;; esac
  [ "\${#key}" = "$size" ] ||
    fail "$2 in the secret \\"$1\\" is not an RSA private key in PEM form: what stands between its first and its last line is damaged"
}
check_answers() {
  for attempt in 1 2 3; do
    answer=$(curl --silent --show-error --output /dev/null --max-time 10 "$1" 2>&1) && return
    [ "$attempt" = 3 ] || sleep 1
  done
  fail "$1 does not answer ($answer); check the address, and the task's way out of its subnets"
}
put() {
  literal=$(printf '%s\\n' "$5" | awk -v key="$2" "$json_field" 2>&1) || fail "the secret \\"$1\\" $literal"
  "$4" "$1" "$2" "$literal"
  printf '%s"%s": %s' "$comma" "$3" "$literal" >>"$new"
  comma=', '
}
${program ? `command -v ${program} >/dev/null || fail "the image has no ${program}; set settings.defaultTfVersion, or the other distribution"\n` : ''}mkdir -p ${PATHS.run}/bin ${PATHS.run}/config
new=${PATHS.run}/config/new; comma='{'
${secrets.map((s) => `put ${quote(s.label)} ${s.key} ${s.flag} ${CHECKS[s.form]} "\${${names.get(s)}:-}"`).join('\n')}
echo '}' >>"$new"
${calledAtStart.map((url) => `check_answers ${quote(url)}\n`).join('')}chmod 0400 "$new"
mv "$new" ${PATHS.run}/config/server.json
cp "$(command -v atlantis)" ${PATHS.run}/bin/atlantis
chmod 0711 ${PATHS.run}/bin/atlantis
chmod 0755 ${PATHS.run} ${PATHS.run}/bin
chmod 1777 ${PATHS.tmp}
chown -R ${SERVER_UID}:${SERVER_GID} ${PATHS.run}/config${ownVolumes.map((path) => ` ${path}`).join('')}
echo "cdk-atlantis preflight: passed"
`;
}

/** The variable that holds a whole secret. Each secret is given once, however many of its keys are used. */
export function secretEnvironment(secrets: readonly SecretFlag[]): Map<SecretFlag, string> {
  const labels = [...new Set(secrets.map((s) => s.label))];
  return new Map(secrets.map((s) => [s, `ATLANTIS_SETUP_SECRET_${labels.indexOf(s.label) + 1}`]));
}

function quote(text: string): string {
  return `'${text.replace(/'/g, `'\\''`)}'`;
}
