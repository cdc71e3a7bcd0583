/**
 * What CloudWatch Logs does with a filter pattern for JSON, as far as its documentation says it, so that the patterns of the alarms can be
 * run on events. It knows `=`, `!=`, wildcards at the ends of a text, `NOT EXISTS`, `IS NULL`, `IS TRUE`, `IS FALSE`, `&&`, `||` and
 * parentheses, and throws at anything else. Where the documentation is silent, on `!=` of a property that is missing, it is told what to
 * take, so that a test can try both.
 *
 * @see https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html
 */
export function matches(pattern: string, event: unknown, missingDiffers = true): boolean {
  if (pattern.length > 1024) throw new Error(`a pattern has 1024 characters at most, this one ${pattern.length}`);
  const tokens = tokensOf(pattern);
  const take = (token: string): void => {
    const found = tokens.shift();
    if (found !== token) throw new Error(`"${token}" is wanted where "${found}" stands in ${pattern}`);
  };
  const or = (): boolean => {
    let result = and();
    while (tokens[0] === '||') {
      tokens.shift();
      const next = and();
      result = result || next;
    }
    return result;
  };
  const and = (): boolean => {
    let result = term();
    while (tokens[0] === '&&') {
      tokens.shift();
      const next = term();
      result = result && next;
    }
    return result;
  };
  const term = (): boolean => {
    if (tokens[0] === '(') {
      tokens.shift();
      const result = or();
      take(')');
      return result;
    }
    return comparison();
  };
  const comparison = (): boolean => {
    const found = valueAt(event, tokens.shift() ?? '');
    const operator = tokens.shift();
    if (operator === 'NOT') {
      take('EXISTS');
      return found === undefined;
    }
    if (operator === 'IS') {
      const wanted = tokens.shift();
      if (wanted !== 'NULL' && wanted !== 'TRUE' && wanted !== 'FALSE') throw new Error(`IS ${wanted} is not known`);
      return found === { NULL: null, TRUE: true, FALSE: false }[wanted];
    }
    const wanted = textOf(tokens.shift() ?? '');
    if (operator === '=') return isValue(found) && isLike(String(found), wanted);
    if (operator !== '!=') throw new Error(`the operator ${operator} is not known`);
    if (found === undefined) return missingDiffers;
    return isValue(found) && !isLike(String(found), wanted);
  };
  take('{');
  const result = or();
  take('}');
  if (tokens.length > 0) throw new Error(`after the pattern stands ${tokens.join(' ')}`);
  return result;
}

const TOKEN = /\s*(\{|\}|\(|\)|&&|\|\||!=|=|"(?:[^"\\]|\\.)*"|[A-Za-z0-9_$.[\]*:/-]+)/y;

function tokensOf(pattern: string): string[] {
  const tokens: string[] = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < pattern.trimEnd().length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(pattern);
    if (!match) throw new Error(`nothing is known that starts with ${pattern.slice(at)}`);
    tokens.push(match[1]);
  }
  return tokens;
}

const isValue = (found: unknown): boolean => ['string', 'number', 'boolean'].includes(typeof found);

const textOf = (token: string): string => (token.startsWith('"') ? token.slice(1, -1).replace(/\\(.)/g, '$1') : token);

/** A wildcard within a text is a character. */
function isLike(found: string, wanted: string): boolean {
  if (wanted === '*') return true;
  const [open, close] = [wanted.startsWith('*'), wanted.endsWith('*')];
  const text = wanted.slice(open ? 1 : 0, close ? -1 : undefined);
  if (open && close) return found.includes(text);
  if (open) return found.endsWith(text);
  return close ? found.startsWith(text) : found === text;
}

function valueAt(event: unknown, selector: string): unknown {
  if (!selector.startsWith('$.')) throw new Error(`${selector} is no selector`);
  const steps = selector
    .slice(2)
    .split(/\.|\[(\d+)\]/)
    .filter((step) => step !== undefined && step !== '');
  return steps.reduce<unknown>(
    (value, step) => (typeof value === 'object' && value !== null ? Reflect.get(value, step) : undefined),
    event,
  );
}
